-- The tables of schema version 1. It stays as it is: study/store/engine/migrations.py leads from here to every later version.

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
    purpose varchar not null check (purpose in ('main', 'practice', 'attention', 'gold', 'wrong_profile')),
    expected varchar,
    name varchar,
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
    unique (assignment_id, criterion, revision)
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

create table verdict (
    study_id varchar not null,
    comparison_id varchar not null,
    judge varchar not null,
    criterion varchar not null,
    preference varchar not null check (preference in ('a', 'b', 'tie', 'both_bad')),
    certainty double,
    side_of_a varchar,
    primary key (comparison_id, judge, criterion)
);

create table event (
    event_id varchar primary key,
    study_id varchar,
    rater_id varchar,
    kind varchar not null,
    details varchar not null,
    logged_at timestamp not null
);

-- One row; the id ties a journal to its database.
create table schema_version (version integer not null, database_id varchar not null);

-- Filled from study.blinding.unblinding_table(), so that the rule stands in one place.
create table unblinding (
    response varchar not null,
    side_of_a varchar not null,
    preference varchar,
    strength integer,
    primary key (response, side_of_a)
);
