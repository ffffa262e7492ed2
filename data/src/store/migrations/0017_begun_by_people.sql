-- Who began a chat lately is found by what people wrote lately, not by every chat in which somebody wrote.

CREATE INDEX interactions_by_people ON interactions (tenant_id, instance_id, at) WHERE author = 'human';
