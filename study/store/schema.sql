-- Tables equal the records of study/records.py, column for column (tests/test_records.py checks it).
-- Times are TIMESTAMP in UTC. JSON is stored as VARCHAR. No foreign keys: DuckDB refuses updates of referenced rows.
-- Append-only, except `state` and design of a study, `status` and elicited profile of a rater, and leases that are given
-- back early. The state of an assignment (done, skipped, expired) follows from its judgments and the clock, by the rules
-- in study/assignment/board.py.

create table study (
    study_id varchar primary key,
    title varchar not null,
    design varchar not null,
    design_hash varchar not null,
    state varchar not null check (state in ('draft', 'live', 'closed')),
    seed bigint not null,
    link_token varchar not null unique,
    created_at timestamp not null
);

-- The frozen designs of a study, from 1; each judgment records its version.
create table design_version (
    study_id varchar not null,
    version integer not null,
    design varchar not null,
    design_hash varchar not null,
    frozen_at timestamp not null,
    primary key (study_id, version)
);

create table profile (
    profile_id varchar primary key,
    study_id varchar not null,
    name varchar not null,
    content varchar not null,
    version_date varchar,
    external_id varchar
);

create table item (
    item_id varchar primary key,
    study_id varchar not null,
    name varchar not null,
    source_id varchar not null,
    profile_id varchar,
    content varchar not null,
    reference varchar,
    tags varchar not null,
    subjects varchar not null
);

create table output (
    output_id varchar primary key,
    study_id varchar not null,
    item_id varchar not null,
    system varchar not null,
    condition varchar not null,
    content varchar not null
);

-- What is shown at once; a comparison is a task of two outputs.
create table task (
    task_id varchar primary key,
    study_id varchar not null,
    source_id varchar not null,
    item_id varchar,
    purpose varchar not null check (purpose in ('main', 'practice', 'attention', 'gold', 'wrong_profile', 'elicitation')),
    expected varchar,
    name varchar,
    withdrawn varchar,
    template varchar not null
);

create table task_output (
    task_id varchar not null,
    slot integer not null check (slot between 0 and 9),
    study_id varchar not null,
    output_id varchar not null,
    primary key (task_id, slot)
);

create table rater (
    rater_id varchar primary key,
    study_id varchar not null,
    token varchar not null unique,
    external_id varchar,
    source varchar not null check (source in ('link', 'imported', 'simulated')),
    arm varchar,
    attributes varchar not null,
    profile_id varchar,
    status varchar not null,
    device varchar,
    created_at timestamp not null
);

create table assignment (
    assignment_id varchar primary key,
    study_id varchar not null,
    task_id varchar not null,
    rater_id varchar not null,
    position integer not null,
    arrangement varchar not null check (arrangement ~ '^[0-9]+$'),
    purpose varchar not null,
    condition varchar,
    issued_at timestamp not null,
    expires_at timestamp,
    profile_id varchar,
    unique (rater_id, position)
);

create table judgment (
    judgment_id varchar primary key,
    study_id varchar not null,
    assignment_id varchar not null,
    question varchar not null,
    revision integer not null,
    response varchar not null,
    confidence integer,
    rationale varchar,
    seconds double,
    shown_at timestamp,
    judged_at timestamp not null,
    supersedes varchar,
    design_version integer,
    skip_reason varchar,
    active_seconds double,
    profile_seconds double,
    profile_open_seconds double,
    profile_scrolls integer,
    changes_of_mind integer,
    behaviour_source varchar,
    kind varchar not null,
    unique (assignment_id, question, revision)
);

-- The steps of a rater: a form filled in, an attempt at practice, instructions read.
create table step (
    step_id varchar primary key,
    study_id varchar not null,
    rater_id varchar not null,
    phase varchar not null,
    outcome varchar not null check (outcome in ('done', 'passed', 'failed')),
    answers varchar not null,
    logged_at timestamp not null
);

create table metric_score (
    study_id varchar not null,
    output_id varchar not null,
    metric varchar not null,
    value double,
    reason varchar,
    signature varchar not null,
    primary key (output_id, metric)
);

-- A cache of metric values by texts, so that no text is scored twice; rebuilt if it is lost.
create table score_cache (
    signature varchar not null,
    texts_hash varchar not null,
    value double,
    reason varchar,
    primary key (signature, texts_hash)
);

create table verdict (
    study_id varchar not null,
    task_id varchar not null,
    judge varchar not null,
    question varchar not null,
    arrangement varchar not null check (arrangement ~ '^([0-9]+|[?])$'),
    answer varchar,
    certainty double,
    reason varchar,
    signature varchar not null,
    check (answer is not null or reason is not null),
    primary key (task_id, judge, question, arrangement)
);

-- How much the outputs of a comparison differ, computed from embeddings or imported; it may order a queue.
create table divergence (
    study_id varchar not null,
    task_id varchar not null,
    measure varchar not null,
    value double,
    reason varchar,
    signature varchar not null,
    check (value is not null or reason is not null),
    primary key (task_id, measure)
);

create table event (
    event_id varchar primary key,
    study_id varchar,
    rater_id varchar,
    kind varchar not null,
    details varchar not null,
    logged_at timestamp not null,
    actor varchar
);

-- One row; the id ties a journal to its database.
create table schema_version (version integer not null, database_id varchar not null);

-- The key for hashing the ids of a study in exports that leave the house; never exported itself.
create table study_secret (study_id varchar primary key, hash_key varchar not null);

-- What each answer to a comparison means: the position that it prefers, and how strongly, or a neutral answer (tie, both_bad).
-- Filled from study.blinding.preference_codes(), so that the rule is in one place only.
create table preference_code (
    response varchar primary key,
    position integer,
    strength integer,
    neutral varchar
);

-- Views. They are made again after a migration.

-- The standing answers: not superseded, not undone. A skip stands, with no preference. So does an
-- answer code that the program does not know; its readers raise an error.
create or replace view judgment_current as
select j.*, a.task_id, a.rater_id, a.position, a.purpose, a.condition, a.arrangement,
    case a.arrangement when '01' then 'left' when '10' then 'right' end as side_of_a,
    a.profile_id as judged_for,
    case substr(a.arrangement, u.position + 1, 1) when '0' then 'a' when '1' then 'b' else u.neutral end as preference,
    case substr(a.arrangement, u.position + 1, 1) when '1' then -u.strength else u.strength end as strength
from judgment as j
join assignment as a on a.assignment_id = j.assignment_id
left join preference_code as u on j.kind = 'preference' and u.response = j.response
where j.response <> 'undone'
  and not exists (
      select 1 from judgment as later
      where later.assignment_id = j.assignment_id
        and later.question = j.question
        and later.revision > j.revision
  );

-- What is compared: one row per task of two outputs of one item, with the item, its profile and the outputs.
create or replace view comparison_long as
select
    c.study_id,
    c.task_id as comparison_id,
    c.name as comparison_name,
    c.purpose as comparison_purpose,
    c.withdrawn is not null as comparison_withdrawn,
    i.item_id,
    i.name as item_name,
    i.source_id,
    i.profile_id,
    p.name as profile_name,
    i.tags,
    oa.system as system_a,
    ob.system as system_b,
    oa.output_id as output_a_id,
    ob.output_id as output_b_id,
    oa.condition as condition_a,
    ob.condition as condition_b
from task as c
join item as i on i.item_id = c.item_id
join task_output as a on a.task_id = c.task_id and a.slot = 0
join task_output as b on b.task_id = c.task_id and b.slot = 1
left join task_output as third on third.task_id = c.task_id and third.slot = 2
join output as oa on oa.output_id = a.output_id
join output as ob on ob.output_id = b.output_id
left join profile as p on p.profile_id = i.profile_id
where third.task_id is null;

-- Preferences between two outputs, for statistics: one row per standing judgment.
create or replace view judgment_long as
select
    j.judgment_id,
    j.study_id,
    c.comparison_id,
    c.comparison_name,
    c.comparison_purpose,
    c.comparison_withdrawn,
    c.item_id,
    c.item_name,
    c.source_id,
    coalesce(c.profile_id, j.judged_for) as profile_id,
    coalesce(c.profile_name, elicited.name) as profile_name,
    c.tags,
    r.rater_id,
    r.source as rater_source,
    r.source = 'simulated' as simulated,
    r.status as rater_status,
    case when r.profile_id is not null and r.profile_id = coalesce(c.profile_id, j.judged_for) then 'owner' else 'proxy' end as rater_role,
    r.arm as rater_arm,
    j.assignment_id,
    j.position,
    j.purpose,
    j.condition as context_condition,
    j.question as criterion,
    c.system_a,
    c.system_b,
    c.output_a_id,
    c.output_b_id,
    c.condition_a,
    c.condition_b,
    j.side_of_a,
    case when j.side_of_a = 'left' then c.system_a else c.system_b end as left_system,
    case when j.side_of_a = 'left' then c.system_b else c.system_a end as right_system,
    j.response,
    j.preference,
    j.strength,
    case j.preference when 'a' then c.system_a when 'b' then c.system_b end as preferred_system,
    case j.preference when 'a' then c.output_a_id when 'b' then c.output_b_id end as preferred_output_id,
    j.confidence,
    j.rationale,
    j.seconds,
    j.shown_at,
    j.judged_at,
    j.revision,
    j.design_version,
    j.skip_reason,
    j.active_seconds,
    j.profile_seconds,
    j.profile_open_seconds,
    j.profile_scrolls,
    j.changes_of_mind,
    j.behaviour_source
from judgment_current as j
join comparison_long as c on c.comparison_id = j.task_id
join rater as r on r.rater_id = j.rater_id
left join profile as elicited on elicited.profile_id = j.judged_for
where j.kind = 'preference';
