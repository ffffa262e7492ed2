//! Polite sentences in six languages.

use super::lexicon::Language;

/// What the assistant says around a fact, or instead of one.
pub(crate) struct Phrases {
    pub(crate) hello: &'static str,
    pub(crate) sure: &'static str,
    pub(crate) welcome: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) person: &'static str,
    pub(crate) words: &'static str,
}

pub(crate) fn phrase(language: Language) -> Phrases {
    match language {
        Language::English => Phrases {
            hello: "Hello!",
            sure: "Happy to help:",
            welcome: "Hello and welcome! How can I help you?",
            unknown: "Good question. I will ask a colleague, who will get back to you here.",
            person: "Of course. Somebody from our team will write to you here.",
            words: "Thank you! I can't open that here. Could you write it in a few words?",
        },
        Language::German => Phrases {
            hello: "Hallo!",
            sure: "Gerne:",
            welcome: "Hallo und willkommen! Wie kann ich helfen?",
            unknown: "Gute Frage. Das kläre ich mit einer Kollegin, sie meldet sich hier bei Ihnen.",
            person: "Natürlich. Jemand aus unserem Team meldet sich hier bei Ihnen.",
            words: "Danke! Das kann ich hier nicht öffnen. Schreiben Sie es mir in ein paar Worten?",
        },
        Language::Spanish => Phrases {
            hello: "¡Hola!",
            sure: "¡Claro!",
            welcome: "¡Hola y bienvenido! ¿En qué puedo ayudarle?",
            unknown: "Buena pregunta. Lo consulto con una compañera y le escribimos por aquí.",
            person: "Por supuesto. Alguien del equipo le escribirá por aquí.",
            words: "¡Gracias! No puedo abrirlo aquí. ¿Me lo escribe en pocas palabras?",
        },
        Language::French => Phrases {
            hello: "Bonjour !",
            sure: "Avec plaisir :",
            welcome: "Bonjour et bienvenue ! Comment puis-je vous aider ?",
            unknown: "Bonne question. Je demande à une collègue, elle vous répondra ici.",
            person: "Bien sûr. Quelqu'un de l'équipe va vous écrire ici.",
            words: "Merci ! Je ne peux pas l'ouvrir ici. Pouvez-vous l'écrire en quelques mots ?",
        },
        Language::Portuguese => Phrases {
            hello: "Olá!",
            sure: "Claro!",
            welcome: "Olá e bem-vindo! Como posso ajudar?",
            unknown: "Boa pergunta. Vou perguntar a uma colega e respondemos por aqui.",
            person: "Com certeza. Alguém da equipe vai escrever por aqui.",
            words: "Obrigada! Não consigo abrir isso aqui. Pode escrever em poucas palavras?",
        },
        Language::Italian => Phrases {
            hello: "Ciao!",
            sure: "Volentieri:",
            welcome: "Ciao e benvenuto! Come posso aiutare?",
            unknown: "Bella domanda. Chiedo a una collega e le rispondiamo qui.",
            person: "Certo. Qualcuno del nostro team le scriverà qui.",
            words: "Grazie! Non posso aprirlo qui. Può scriverlo in poche parole?",
        },
    }
}
