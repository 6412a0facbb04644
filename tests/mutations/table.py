"""The ways in which the product is broken, and for each the test that must see it. To add one: an entry."""

from tests.mutations.mutation import Mutation

POWER = "tests/store/test_power_cut.py::test_no_power_cut_loses_an_acknowledged_judgment"
BALANCE = "tests/test_assignment.py"

DURABILITY = (
    Mutation(
        "no fsync of a folder",
        "study/store/file.py",
        "        os.fsync(handle)\n    finally:",
        "        pass\n    finally:",
        POWER,
    ),
    Mutation(
        "copies of the database without fsync",
        "study/store/file.py",
        "        stream.flush()\n        os.fsync(stream.fileno())",
        "        stream.flush()",
        POWER,
    ),
    Mutation(
        "journal without fsync",
        "study/store/journal.py",
        "            _write_all(self._file, content)\n            os.fsync(self._file.fileno())",
        "            _write_all(self._file, content)",
        POWER,
    ),
    Mutation(
        "journal emptied before the checkpoint",
        "study/store/file_database.py",
        "done = is_free and self.file.checkpoint() and self._journal_started_again()",
        "done = is_free and self._journal_started_again() and self.file.checkpoint()",
        "tests/store/test_power_cut.py::test_the_journal_is_emptied_after_the_checkpoint_alone",
    ),
    Mutation(
        "checkpoint without a copy aside",
        "study/store/file.py",
        "            _set_aside(self.path, self._stream)\n",
        "            pass\n",
        POWER,
    ),
    Mutation(
        "copy aside named before it is whole",
        "study/store/file.py",
        '    unfinished = aside.with_name(aside.name + ".part")\n    try:',
        "    unfinished = aside\n    try:",
        POWER,
    ),
    Mutation(
        "checksum of a journal line ignored",
        "study/store/journal.py",
        'return json.loads(text) if checksum == f"{crc32(text.encode()):08x}" else None',
        "return json.loads(text) if checksum else None",
        "tests/store/test_journal_first.py::test_a_line_whose_checksum_does_not_fit_is_left_out",
    ),
    Mutation(
        "journal of another database accepted",
        "study/store/journal.py",
        "if opened and opened[0] != database_id:",
        "if not opened:",
        "tests/store/test_database.py::test_a_journal_of_another_database_is_moved_aside",
    ),
    Mutation(
        "torn line of the journal not ended",
        "study/store/journal.py",
        "self._is_torn = self._good > 0",
        "self._is_torn = False",
        "tests/store/test_journal_first.py::test_without_room_for_a_checkpoint_what_follows_a_torn_line_is_kept",
    ),
    Mutation(
        "what a failed write left stays in the journal",
        "study/store/journal.py",
        "            self._file.truncate(self._good)\n",
        "",
        "tests/store/test_journal_first.py::test_an_answer_that_was_refused_does_not_come_back",
    ),
    Mutation(
        "commit in the place of a rollback",
        "study/store/database.py",
        'cursor.execute("rollback")',
        'cursor.execute("commit")',
        "tests/store/test_database.py::test_a_write_that_failed_leaves_nothing_in_memory",
    ),
    Mutation(
        "commit in the place of a rollback, seen by hostile imports",
        "study/store/database.py",
        'cursor.execute("rollback")',
        'cursor.execute("commit")',
        "tests/test_fuzz.py::test_hostile_imports_are_whole_or_not_there",
    ),
    Mutation(
        "caches kept after a write that failed",
        "study/store/database.py",
        "                self.forget()\n                roll_back(cursor)",
        "                roll_back(cursor)",
        "tests/store/test_database.py::test_a_write_that_failed_leaves_nothing_in_memory",
    ),
    Mutation(
        "an answer acknowledged before it is in the journal",
        "study/store/file_database.py",
        "            if not (self._batch or self._together):\n                self._to_journal()",
        "            pass",
        "tests/store/test_journal_first.py::test_an_acknowledged_answer_that_is_in_no_table_yet_outlives_a_kill",
    ),
    Mutation(
        "no UNIQUE of answers",
        "study/schema.sql",
        "    behaviour_source varchar,\n    unique (assignment_id, criterion, revision)",
        "    behaviour_source varchar",
        "tests/store/test_journal_first.py::test_a_line_whose_place_in_the_tables_is_taken_stops_no_start",
    ),
    Mutation(
        "an erased profile comes back from the journal",
        "study/store/opening.py",
        "            if line[1].comparison_id in comparisons and not any(one.holds(line[1]) for one in gone)",
        "            if line[1].comparison_id in comparisons",
        "tests/store/test_elicitation.py::test_an_erased_profile_does_not_come_back_from_an_old_journal",
    ),
)
ASSIGNMENT = (
    Mutation(
        "sides always left",
        "study/assignment/choosing.py",
        'return "right" if balance > 0 else "left"',
        'return "left"',
        f"{BALANCE}::test_the_first_rater_alone_is_balanced_too",
    ),
    Mutation(
        "sides by a coin alone",
        "study/assignment/choosing.py",
        "    balance = lead_of_left or lean\n",
        "    balance = 0\n",
        f"{BALANCE}::test_the_sides_of_a_comparison_differ_by_at_most_one_while_everybody_answers",
    ),
    Mutation(
        "quota ignored",
        "study/assignment/choosing.py",
        "        full = rules[None] is not None and len(held) >= (rules[None] or 0)",
        "        full = False",
        "tests/store/test_store.py::test_a_rater_who_reached_the_quota_is_done",
    ),
    Mutation(
        "overlap ignored",
        "study/assignment/choosing.py",
        "    most = min(level, board.overlap - 1)",
        "    most = level + 1",
        "tests/store/test_concurrency.py::test_forty_raters_at_once_fill_every_place_once_and_in_balance",
    ),
    Mutation(
        "leases that never end",
        "study/assignment/board.py",
        "            if seat and seat.expires_at <= now and not seat.begun():",
        "            if seat is None:",
        f"{BALANCE}::test_the_place_of_an_absent_rater_comes_back_after_the_lease",
    ),
    Mutation(
        "a place taken up again whoever has it now",
        "study/assignment/board.py",
        "return bool(places < self.overlap and not ahead and seat.comparison not in held)",
        "return True",
        "tests/store/test_store.py::test_an_answer_after_the_lease_counts_only_while_the_place_is_free",
    ),
    Mutation(
        "a second answer with one token accepted",
        "study/store/judgments.py",
        "        if any(_next_revision(seat, criterion) != revision for criterion, revision in revisions.items()):\n"
        "            return False\n"
        "        if given.response not in NO_ANSWER and set(revisions) & set(seat.answered()):\n"
        "            return False\n",
        "",
        "tests/store/test_store.py::test_an_assignment_is_judged_once",
    ),
    Mutation(
        "an answer of a page from before an undo accepted",
        "study/store/judgments.py",
        "        if any(_next_revision(seat, criterion) != revision for criterion, revision in revisions.items()):\n"
        "            return False\n",
        "",
        "tests/store/test_store.py::test_a_page_from_before_an_undo_answers_nothing",
    ),
    Mutation(
        "an answer to somebody else's assignment accepted",
        "study/store/judgments.py",
        "if seat is None or seat.rater_id != rater.rater_id or not board.has_place(seat):",
        "if seat is None or not board.has_place(seat):",
        "tests/store/test_store.py::test_an_answer_to_somebody_elses_assignment_changes_nothing",
    ),
    Mutation(
        "a withdrawn comparison still given",
        "study/assignment/board.py",
        "self.standing = np.array([not one.withdrawn for one in main], dtype=bool)",
        "self.standing = np.array([True for one in main], dtype=bool)",
        "tests/store/test_withdrawals.py::test_a_withdrawn_item_is_given_to_nobody",
    ),
    Mutation(
        "places of who is excluded stay taken",
        "study/assignment/board.py",
        "        self.retired.add(rater_id)\n        for seat in self.seats_of.get(rater_id, []):\n"
        "            self._set_live(seat, False)",
        "        self.retired.add(rater_id)",
        f"{BALANCE}::test_who_is_retired_gives_every_place_back",
    ),
    Mutation(
        "a skip keeps its place",
        "study/assignment/board.py",
        "        self._set_live(seat, not seat.skipped(), was_taken)",
        "        self._set_live(seat, True, was_taken)",
        "tests/store/test_store.py::test_a_skip_gives_the_place_back_and_the_rater_another_comparison",
    ),
    Mutation(
        "a repeat with the same sides",
        "study/assignment/due.py",
        "                other_side(first.side_of_a),",
        "                first.side_of_a,",
        f"{BALANCE}::test_a_repeat_comes_at_its_lag_with_the_sides_exchanged",
    ),
    Mutation(
        "an undo that supersedes nothing",
        "study/store/given.py",
        "supersedes=seat.answers[criterion][2] if criterion in seat.answers else None,",
        "supersedes=None,",
        "tests/store/test_store.py::test_undo_opens_the_last_answer_and_a_new_one_supersedes_it",
    ),
    Mutation(
        "an undo that deletes",
        "study/store/judgments.py",
        "        return _record(db, rater, seat.assignment_id, revisions, Given(UNDONE))",
        "        taken = _record(db, rater, seat.assignment_id, revisions, Given(UNDONE))\n"
        "        with db.writing() as cursor:\n"
        '            cursor.execute("delete from judgment where judgment_id = ?", [judgment_id])\n'
        "        return taken",
        "tests/store/test_store.py::test_undo_opens_the_last_answer_and_a_new_one_supersedes_it",
    ),
)
BLINDING = (
    Mutation(
        "left and right exchanged where answers are read",
        "study/blinding.py",
        "    if option.side == side_of_a:\n        return Unblinded",
        "    if option.side != side_of_a:\n        return Unblinded",
        "tests/test_blinding.py::test_the_preferred_side_is_the_preferred_output",
    ),
    Mutation(
        "a tie read as a preference for a",
        "study/blinding.py",
        'return Unblinded("both_bad" if option.code == BOTH_BAD else "tie", 0)',
        'return Unblinded("both_bad" if option.code == BOTH_BAD else "a", 1)',
        "tests/test_blinding.py::test_blinding_is_undone_by_unblinding",
    ),
    Mutation(
        "a system's name in what the rater is sent",
        "study/ui/judging.py",
        "outputs=[(letter, contents.blocks(output.content)) for letter, output in outputs],",
        'outputs=[(letter, [("text", output.system), *contents.blocks(output.content)]) for letter, output in outputs],',
        "tests/security/test_server.py::test_a_rater_is_sent_nothing_of_others_and_no_system",
    ),
    Mutation(
        "an id of the study's records in what the rater is sent",
        "study/ui/voting.py",
        '            "comparison": opaque(asked.task.assignment_id),',
        '            "comparison": asked.task.comparison_id,',
        "tests/browser/test_blinding_browser.py::test_the_raters_browser_receives_nothing_that_identifies_a_system",
    ),
    Mutation(
        "a hidden profile shown",
        "study/store/views.py",
        '    if disclosure == "hidden":\n        return replace(found, item=replace(found.item, profile_id=None), profile=None)\n',
        "",
        "tests/store/test_steps.py::test_the_profile_is_shown_as_far_as_it_is_disclosed",
    ),
    Mutation(
        "an early click counted",
        "study/ui/asking.py",
        "    if early:\n        note_early_click(asked)\n    return early",
        "    if early:\n        note_early_click(asked)\n    return False",
        "tests/pages/test_early_clicks.py::test_a_click_that_comes_too_soon_stores_nothing",
    ),
)
DOORS = (
    Mutation(
        "formulas not escaped in CSV",
        "study/formats/export.py",
        'return "\'" + cell if FORMULA.match(cell) else cell',
        "return cell",
        "tests/security/test_texts.py::test_no_cell_or_header_of_a_csv_file_is_a_formula",
    ),
    Mutation(
        "HTML of markdown let through",
        "study/ui/contents.py",
        "return nh3.clean(_markdown.render(source), tags=SAFE_TAGS, attributes={})",
        "return source",
        "tests/security/test_texts.py::test_no_markdown_becomes_more_than_formatting",
    ),
    Mutation(
        "markdown in labels not escaped",
        "study/ui/state.py",
        'return re.sub(r"([\\\\`*_{}\\[\\]()#+\\-.!|$:<>~])", r"\\\\\\1", text)',
        "return text",
        "tests/security/test_texts.py::test_what_a_message_quotes_has_no_links_images_or_formulas",
    ),
    Mutation(
        "a viewer may change",
        "study/store/behalf.py",
        '    if _acting.get().role == "viewer":\n        raise NotAllowed("Viewers change nothing; ask a researcher of this study.")\n'
        '    if _acting.get().role != "researcher":',
        '    if _acting.get().role not in ("researcher", "viewer"):',
        "tests/security/test_roles.py::test_nobody_but_a_researcher_changes_anything",
    ),
    Mutation(
        "a viewer reads who raters are",
        "study/store/behalf.py",
        'return _acting.get().role != "viewer"',
        "return True",
        "tests/security/test_roles.py::test_a_researcher_reads_what_is_kept_and_a_viewer_reads_no_identity",
    ),
    Mutation(
        "a page without its guard",
        "pages/researcher/ranking.py",
        "state.require_viewer()\n",
        "",
        "tests/test_layers.py::test_a_researcher_page_guards_itself_first",
    ),
    Mutation(
        "a guard that lets everybody in",
        "study/ui/door.py",
        "    if person.role in roles:\n",
        "    if True:\n",
        "tests/security/test_viewer_pages.py::test_pages_for_researchers_refuse_a_viewer",
    ),
    Mutation(
        "an unguarded function of the store",
        "study/store/withdrawals.py",
        "@researchers_only\ndef withdraw_item(",
        "def withdraw_item(",
        "tests/security/test_roles.py::test_every_function_of_the_store_that_writes_is_a_raters_own_or_guarded",
    ),
    Mutation(
        "wrong keys cost no time",
        "study/access/throttle.py",
        "            if wait:\n                return None, wait\n",
        "",
        "tests/access/test_access.py::test_what_comes_too_soon_is_not_looked_at_even_if_it_is_right",
    ),
    Mutation(
        "SQL may read files",
        "study/store/file.py",
        '    for setting in ("enable_external_access = false", "lock_configuration = true"):\n'
        '        connection.execute(f"set {setting}")',
        "    del connection",
        "tests/security/test_database.py::test_sql_reaches_nothing_outside",
    ),
    Mutation(
        "ids not hashed in a public export",
        "study/formats/tiers.py",
        "return [None if cell is None else self.pseudonym(name, str(cell)) for cell in cells]",
        "return list(cells)",
        "tests/formats/test_formats_tiers.py::test_every_column_leaves_as_the_data_readme_says",
    ),
)
NUMBERS = (
    Mutation(
        "a tie counted as a win",
        "study/stats/ranking/preferences.py",
        "return counts.wins + counts.ties / 2",
        "return counts.wins + counts.ties",
        "tests/stats/test_ranking.py::test_wins_and_ties_are_counted_apart_and_ties_are_half_a_win",
    ),
    Mutation(
        "Holm not applied",
        "study/stats/multiplicity.py",
        "return _placed(np.maximum.accumulate(values[order] * factors), order, values)",
        "return _placed(values[order], order, values)",
        "tests/stats/test_paired_tests.py::test_adjusted_p_values_equal_statsmodels",
    ),
    Mutation(
        "bootstrap of more clusters than there are",
        "study/stats/resampling.py",
        "            drawn = rng.integers(0, n, size=(size, n))",
        "            drawn = rng.integers(0, n, size=(size, 4 * n))",
        "tests/stats/test_resampling.py::test_weights_count_every_cluster_drawn",
    ),
    Mutation(
        "intervals of strengths over rows in the place of clusters",
        "study/stats/ranking/bradley_terry.py",
        "    scores = cluster_sums(judged, cluster, residual, -residual)\n"
        "    return scores[np.bincount(cluster, minlength=len(scores)) > 0] @ fit.covariance",
        "    cluster = np.arange(len(cluster))\n"
        "    scores = cluster_sums(judged, cluster, residual, -residual)\n"
        "    return scores[np.bincount(cluster, minlength=len(scores)) > 0] @ fit.covariance",
        "tests/stats/test_ranking.py::test_the_sandwich_is_the_one_written_out",
    ),
    Mutation(
        "alpha that knows which output is called a",
        "study/stats/agreement/totals.py",
        "return (tables + tables[:, renamed][:, :, renamed]) / 2",
        "return tables",
        "tests/stats/test_agreement.py::test_alpha_does_not_depend_on_which_output_is_called_a",
    ),
    Mutation(
        "effects as if judgments were independent",
        "study/stats/ranking/covariates.py",
        "    meat = cluster_meat(design.cells, fit, design.cell, design.score, cluster)",
        "    meat = judgment_meat(design.cells, fit, design.cell, design.score)",
        "tests/stats/test_covariates.py::test_statsmodels_glm_gives_the_same_estimates_and_covariances",
    ),
    Mutation(
        "a metric that gives 1 for a text that it cannot read",
        "study/metrics/lexical/tokens.py",
        '                found.append((None, f"the {unread[0]} has no {what}"))',
        "                found.append((1.0, None))",
        "tests/metrics/test_lexical.py::test_what_cannot_be_scored_has_a_reason",
    ),
    Mutation(
        "a manifest that forgets a digit",
        "study/manifests.py",
        "            if one != other or isinstance(one, bool) != isinstance(other, bool):",
        "            if repr(one)[:3] != repr(other)[:3]:",
        "tests/test_manifests.py::test_the_last_digit_counts_and_is_named_with_row_and_column",
    ),
    Mutation(
        "simulated raters among people",
        "study/frames/selecting.py",
        '        asked &= judgments["simulated"].to_numpy(dtype=bool) == (subset.population == "simulated")',
        "        pass",
        "tests/test_analysis.py::test_populations_are_kept_apart_in_every_table",
    ),
    Mutation(
        "simulated raters in an export of people",
        "study/frames/selecting.py",
        'return judgments[judgments["simulated"].astype(bool) == (population == "simulated")]',
        "return judgments",
        "tests/cli/test_cli_exports.py::test_simulated_judgments_leave_only_when_asked_for",
    ),
)
MUTATIONS = (*DURABILITY, *ASSIGNMENT, *BLINDING, *DOORS, *NUMBERS)
