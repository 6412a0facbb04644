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
    tags varchar not null
);

create table output (
    output_id varchar primary key,
    study_id varchar not null,
    item_id varchar not null,
    system varchar not null,
    condition varchar not null,
    content varchar not null
);

create table comparison (
    comparison_id varchar primary key,
    study_id varchar not null,
    item_id varchar not null,
    output_a_id varchar not null,
    output_b_id varchar not null,
    purpose varchar not null check (purpose in ('main', 'practice', 'attention', 'gold', 'wrong_profile', 'elicitation')),
    expected varchar,
    name varchar,
    withdrawn varchar,
    check (output_a_id < output_b_id)
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
    comparison_id varchar not null,
    rater_id varchar not null,
    position integer not null,
    side_of_a varchar not null check (side_of_a in ('left', 'right')),
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
    criterion varchar not null,
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
    unique (assignment_id, criterion, revision)
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
    comparison_id varchar not null,
    judge varchar not null,
    criterion varchar not null,
    side_of_a varchar not null check (side_of_a in ('left', 'right', 'unknown')),
    preference varchar check (preference in ('a', 'b', 'tie', 'both_bad')),
    certainty double,
    reason varchar,
    signature varchar not null,
    check (preference is not null or reason is not null),
    primary key (comparison_id, judge, criterion, side_of_a)
);

-- How much the outputs of a comparison differ, computed from embeddings or imported; it may order a queue.
create table divergence (
    study_id varchar not null,
    comparison_id varchar not null,
    measure varchar not null,
    value double,
    reason varchar,
    signature varchar not null,
    check (value is not null or reason is not null),
    primary key (comparison_id, measure)
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

-- Filled from study.blinding.unblinding_table(), so that the rule is in one place only.
create table unblinding (
    response varchar not null,
    side_of_a varchar not null,
    preference varchar,
    strength integer,
    primary key (response, side_of_a)
);

-- Views. They are made again after a migration.

-- The standing answers: not superseded, not undone. A skip stands, with no preference. So does an
-- answer code that the program does not know; its readers raise an error.
create or replace view judgment_current as
select j.*, a.comparison_id, a.rater_id, a.position, a.purpose, a.condition, a.side_of_a,
    a.profile_id as judged_for, u.preference, u.strength
from judgment as j
join assignment as a on a.assignment_id = j.assignment_id
left join unblinding as u on u.response = j.response and u.side_of_a = a.side_of_a
where j.response <> 'undone'
  and not exists (
      select 1 from judgment as later
      where later.assignment_id = j.assignment_id
        and later.criterion = j.criterion
        and later.revision > j.revision
  );

-- What is compared: one row per comparison, with its item, profile and outputs.
create or replace view comparison_long as
select
    c.study_id,
    c.comparison_id,
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
    c.output_a_id,
    c.output_b_id,
    oa.condition as condition_a,
    ob.condition as condition_b
from comparison as c
join item as i on i.item_id = c.item_id
join output as oa on oa.output_id = c.output_a_id
join output as ob on ob.output_id = c.output_b_id
left join profile as p on p.profile_id = i.profile_id;

-- The one boundary between SQL and statistics: one row per standing judgment.
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
    j.criterion,
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
join comparison_long as c on c.comparison_id = j.comparison_id
join rater as r on r.rater_id = j.rater_id
left join profile as elicited on elicited.profile_id = j.judged_for;
