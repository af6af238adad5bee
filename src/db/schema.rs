//! The tables as diesel sees them; `tests/it/schema.rs` compares them with the migrated database.
#![expect(
    missing_docs,
    reason = "each table and column is commented in the database itself"
)]

diesel::table! {
    approval_notices (staff_id, association_id) {
        staff_id -> Uuid,
        association_id -> Uuid,
        due_at -> Timestamptz,
    }
}

diesel::table! {
    assignments (subject_id, queue) {
        subject_id -> Uuid,
        queue -> Text,
        association_id -> Uuid,
        case_id -> Uuid,
        staff_id -> Uuid,
        assigned_by -> Uuid,
        assigned_at -> Timestamptz,
        due_on -> Nullable<Date>,
        lease_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    association_keys (association_id, version) {
        association_id -> Uuid,
        version -> Int4,
        root_version -> Int4,
        wrapped -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    association_registers (association_id, register) {
        association_id -> Uuid,
        register -> Text,
        status -> Text,
        reference -> Nullable<Text>,
        checked_on -> Nullable<Date>,
    }
}

diesel::table! {
    associations (id) {
        id -> Uuid,
        slug -> Text,
        name -> Text,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        hours -> Nullable<Text>,
        dpo -> Nullable<Text>,
        website -> Nullable<Text>,
        status -> Text,
        created_at -> Timestamptz,
        sandbox_of -> Nullable<Uuid>,
    }
}

diesel::table! {
    audit (subject_id, id) {
        subject_id -> Uuid,
        id -> Uuid,
        association_id -> Nullable<Uuid>,
        actor_kind -> Text,
        actor_id -> Nullable<Uuid>,
        action -> Text,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        detail -> Jsonb,
        sealed -> Nullable<Bytea>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    bounces (subject_id, id) {
        subject_id -> Uuid,
        id -> Uuid,
        association_id -> Nullable<Uuid>,
        mail_id -> Uuid,
        mail_kind -> Text,
        mail_sent_at -> Timestamptz,
        kind -> Text,
        source -> Text,
        status -> Nullable<Text>,
        diagnostic -> Nullable<Text>,
        incident_id -> Nullable<Uuid>,
        is_evidence -> Bool,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    breaches (id, version) {
        id -> Uuid,
        version -> Int4,
        association_id -> Uuid,
        what_happened -> Text,
        noticed_at -> Timestamptz,
        people_categories -> Nullable<Text>,
        people -> Nullable<Int8>,
        data_categories -> Nullable<Text>,
        records -> Nullable<Int8>,
        consequences -> Nullable<Text>,
        measures -> Nullable<Text>,
        notified_at -> Nullable<Timestamptz>,
        delay_reason -> Nullable<Text>,
        communicated_at -> Nullable<Timestamptz>,
        closed_at -> Nullable<Timestamptz>,
        written_by -> Uuid,
        written_at -> Timestamptz,
    }
}

diesel::table! {
    bulk_actions (id) {
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        kind -> Text,
        act -> Jsonb,
        filter -> Jsonb,
        purpose -> Text,
        state -> Text,
        member_count -> Int4,
        done_count -> Int4,
        passed_count -> Int4,
        done_up_to -> Nullable<Uuid>,
        created_by -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        decision_note -> Nullable<Text>,
        stepped_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        undo_by -> Nullable<Uuid>,
        undo_decided_by -> Nullable<Uuid>,
        words_sealed -> Nullable<Bytea>,
        words_key_version -> Nullable<Int4>,
    }
}

diesel::table! {
    bulk_members (claimant_id, bulk_id) {
        claimant_id -> Uuid,
        bulk_id -> Uuid,
        association_id -> Uuid,
        outcome -> Nullable<Text>,
        reason -> Nullable<Text>,
        basis -> Nullable<Text>,
    }
}

diesel::table! {
    case_associations (case_id, association_id) {
        case_id -> Uuid,
        association_id -> Uuid,
        mode -> Text,
        joined_at -> Timestamptz,
    }
}

diesel::table! {
    case_counsel (id) {
        id -> Uuid,
        case_id -> Uuid,
        association_id -> Uuid,
        name -> Text,
        codice_fiscale -> Text,
        bar -> Text,
        pec -> Text,
    }
}

diesel::table! {
    case_counts (case_id, association_id) {
        case_id -> Uuid,
        association_id -> Uuid,
        confirmed -> Int8,
        counted_at -> Timestamptz,
    }
}

diesel::table! {
    case_facts (id) {
        id -> Uuid,
        case_id -> Uuid,
        incident_id -> Nullable<Uuid>,
        topic -> Text,
        value -> Text,
        source -> Text,
        note -> Nullable<Text>,
        position -> Int2,
    }
}

diesel::table! {
    case_revisions (case_id, association_id, version) {
        case_id -> Uuid,
        association_id -> Uuid,
        version -> Int4,
        content -> Jsonb,
        written_by -> Uuid,
        written_at -> Timestamptz,
        proposed_by -> Nullable<Uuid>,
        proposed_at -> Nullable<Timestamptz>,
        returned_by -> Nullable<Uuid>,
        returned_at -> Nullable<Timestamptz>,
        return_reason -> Nullable<Text>,
        published_by -> Nullable<Uuid>,
        published_at -> Nullable<Timestamptz>,
        discarded_by -> Nullable<Uuid>,
        discarded_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    case_updates (id) {
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        request_key -> Uuid,
        texts -> Jsonb,
        published_by -> Uuid,
        published_at -> Timestamptz,
        withdrawn_by -> Nullable<Uuid>,
        withdrawn_at -> Nullable<Timestamptz>,
        withdrawal_reason -> Nullable<Text>,
        mailed_up_to -> Nullable<Uuid>,
        mailed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    case_words (case_id, place, language) {
        case_id -> Uuid,
        place -> Text,
        language -> Text,
        words -> Text,
    }
}

diesel::table! {
    cases (id) {
        id -> Uuid,
        slug -> Text,
        title -> Text,
        summary -> Text,
        respondent_id -> Uuid,
        state -> Text,
        court -> Nullable<Text>,
        rg_number -> Nullable<Text>,
        pst_id -> Nullable<Text>,
        created_at -> Timestamptz,
        state_changed_at -> Timestamptz,
        fondo_spese_cents -> Nullable<Int8>,
        fondo_spese_act -> Nullable<Text>,
        fondo_spese_ordered -> Nullable<Bool>,
        lead_association_id -> Nullable<Uuid>,
        sandbox_of -> Nullable<Uuid>,
    }
}

diesel::table! {
    claimant_keys (claimant_id) {
        claimant_id -> Uuid,
        association_id -> Uuid,
        key_version -> Int4,
        association_key_version -> Int4,
        wrapped -> Bytea,
    }
}

diesel::table! {
    claimants (id) {
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        state -> Text,
        review -> Text,
        language -> Text,
        via -> Nullable<Text>,
        province -> Nullable<Text>,
        contact_kind -> Text,
        contact_domain -> Nullable<Text>,
        contact_sealed -> Bytea,
        mailbox_count -> Int2,
        duplicate_of -> Nullable<Uuid>,
        created_at -> Timestamptz,
        state_changed_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        identity_at -> Nullable<Timestamptz>,
        signed_at -> Nullable<Timestamptz>,
        held_seconds -> Int8,
        declared_version -> Nullable<Int4>,
        signed_version -> Nullable<Int4>,
        declared_cents -> Nullable<Int8>,
        declared_flags -> Array<Text>,
        payout_at -> Nullable<Timestamptz>,
        moved_from -> Nullable<Uuid>,
        moved_at -> Nullable<Timestamptz>,
        unreachable_at -> Nullable<Timestamptz>,
        contact_changed_at -> Nullable<Timestamptz>,
        ratify_at -> Nullable<Timestamptz>,
        died_at -> Nullable<Timestamptz>,
        restricted_at -> Nullable<Timestamptz>,
        payout_frozen_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    confirmations (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        purpose -> Text,
        token_hash -> Bytea,
        code_hash -> Bytea,
        attempts -> Int2,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        voided_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    conflict_decisions (registered_id, id) {
        registered_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        keeper_id -> Uuid,
        proposed_by -> Uuid,
        proposed_at -> Timestamptz,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    conflicts (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        kind -> Text,
        registered_id -> Uuid,
        other_claimant_id -> Uuid,
        opened_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
        settlement -> Nullable<Text>,
        proven_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    consents (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        purpose -> Text,
        text_version -> Text,
        given -> Bool,
        channel -> Text,
        evidence -> Nullable<Bytea>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    contact_changes (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        new_sealed -> Bytea,
        former_sealed -> Nullable<Bytea>,
        created_at -> Timestamptz,
        done_at -> Nullable<Timestamptz>,
        told_at -> Nullable<Timestamptz>,
        stopped_at -> Nullable<Timestamptz>,
        lost_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    contact_requests (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        new_sealed -> Bytea,
        how -> Text,
        asked_by -> Uuid,
        asked_at -> Timestamptz,
        expires_at -> Timestamptz,
        approved_at -> Nullable<Timestamptz>,
        approved_by -> Nullable<Uuid>,
        ended_at -> Nullable<Timestamptz>,
        ended_as -> Nullable<Text>,
        change_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    declaration_drafts (claimant_id) {
        claimant_id -> Uuid,
        association_id -> Uuid,
        sealed -> Bytea,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    declarations (claimant_id, version) {
        claimant_id -> Uuid,
        version -> Int4,
        association_id -> Uuid,
        sealed -> Bytea,
        salt_sealed -> Bytea,
        template -> Text,
        document_sha256 -> Bytea,
        total_cents -> Int8,
        flags -> Array<Text>,
        created_at -> Timestamptz,
        typed_by -> Nullable<Uuid>,
        typed_how -> Nullable<Text>,
        open_items -> Nullable<Int2>,
        checked -> Array<Text>,
        checked_at -> Nullable<Timestamptz>,
        checked_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    deficiencies (claimant_id, notice_id, letter) {
        claimant_id -> Uuid,
        notice_id -> Uuid,
        letter -> Text,
        association_id -> Uuid,
        case_id -> Uuid,
        asked_by -> Uuid,
        asked_at -> Timestamptz,
        due_on -> Date,
        told -> Text,
        overdue_at -> Nullable<Timestamptz>,
        cured_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    demand_letters (id, version) {
        id -> Uuid,
        version -> Int4,
        association_id -> Uuid,
        case_id -> Uuid,
        content -> Jsonb,
        is_public -> Bool,
        written_by -> Uuid,
        written_at -> Timestamptz,
    }
}

diesel::table! {
    document_files (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        document_id -> Uuid,
        association_id -> Uuid,
        position -> Int2,
        file_type -> Text,
        size -> Int8,
        sha256 -> Bytea,
        name_sealed -> Bytea,
    }
}

diesel::table! {
    documents (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        number -> Int4,
        kind -> Text,
        scan -> Text,
        added_by -> Text,
        created_at -> Timestamptz,
        scanned_at -> Nullable<Timestamptz>,
        removed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    estates (claimant_id, version) {
        claimant_id -> Uuid,
        version -> Int4,
        association_id -> Uuid,
        sealed -> Bytea,
        recorded_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    export_batches (export_id, first_id) {
        export_id -> Uuid,
        first_id -> Uuid,
        last_id -> Uuid,
        association_id -> Uuid,
        audit_id -> Uuid,
    }
}

diesel::table! {
    export_files (export_id, number) {
        export_id -> Uuid,
        number -> Int4,
        association_id -> Uuid,
        name -> Text,
        folder -> Uuid,
        size -> Int8,
        sha256 -> Bytea,
        rows_until -> Int8,
        next_batch -> Int8,
        next_row -> Int4,
        created_at -> Timestamptz,
        fetched_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    exports (id) {
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        requested_by -> Uuid,
        format -> Text,
        clear -> Bool,
        purpose -> Text,
        filter -> Jsonb,
        state -> Text,
        row_count -> Nullable<Int8>,
        sha256 -> Nullable<Bytea>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        progressed_at -> Nullable<Timestamptz>,
        column_set -> Text,
        dialect -> Text,
        recipients -> Array<Text>,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        decision_note -> Nullable<Text>,
        row_total -> Nullable<Int8>,
        snapshot_at -> Nullable<Timestamptz>,
        attempts -> Int4,
        key_wrapped -> Nullable<Bytea>,
        key_version -> Nullable<Int4>,
        expires_at -> Nullable<Timestamptz>,
        fetched_at -> Nullable<Timestamptz>,
        swept_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    file_uploads (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    followers (id) {
        id -> Uuid,
        subject_id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        language -> Text,
        email_sealed -> Bytea,
        association_key_version -> Int4,
        wrapped -> Bytea,
        text_version -> Text,
        asked_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    housekeeping_cursors (name) {
        name -> Text,
        at -> Timestamptz,
        id -> Uuid,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> Uuid,
        request_hash -> Bytea,
        status -> Int2,
        response -> Jsonb,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    identities (claimant_id, version) {
        claimant_id -> Uuid,
        version -> Int4,
        association_id -> Uuid,
        kind -> Text,
        capacity -> Text,
        sealed -> Bytea,
        warnings -> Array<Text>,
        given_by -> Text,
        created_at -> Timestamptz,
        to_check_at -> Nullable<Timestamptz>,
        checked_at -> Nullable<Timestamptz>,
        checked_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    import_reports (import_id, round, number) {
        import_id -> Uuid,
        round -> Text,
        number -> Int4,
        association_id -> Uuid,
        lines -> Jsonb,
    }
}

diesel::table! {
    imported_contacts (id) {
        id -> Uuid,
        claimant_id -> Uuid,
        association_id -> Uuid,
        import_id -> Uuid,
        line -> Int4,
        listed_on -> Date,
        sealed -> Nullable<Bytea>,
    }
}

diesel::table! {
    imports (id) {
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        uploaded_by -> Uuid,
        state -> Text,
        source -> Text,
        listed_on -> Date,
        format -> Text,
        size -> Int8,
        sha256 -> Bytea,
        mapping -> Array<Text>,
        row_total -> Int4,
        batch_total -> Int4,
        batch_done -> Int4,
        row_done -> Int4,
        created_count -> Int4,
        known_count -> Int4,
        refused_count -> Int4,
        attempts -> Int4,
        failures -> Int4,
        failure -> Nullable<Text>,
        key_wrapped -> Nullable<Bytea>,
        key_version -> Int4,
        created_at -> Timestamptz,
        started_by -> Nullable<Uuid>,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
        swept_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    incident_domains (incident_id, domain, valid_from) {
        incident_id -> Uuid,
        domain -> Text,
        treatment -> Text,
        source -> Text,
        valid_from -> Date,
        valid_until -> Nullable<Date>,
    }
}

diesel::table! {
    incidents (id) {
        id -> Uuid,
        case_id -> Uuid,
        slug -> Text,
        name -> Text,
        starts_at -> Timestamptz,
        ends_at -> Nullable<Timestamptz>,
        accept_from -> Date,
        accept_until -> Date,
    }
}

diesel::table! {
    invitations (id) {
        id -> Uuid,
        association_id -> Uuid,
        role -> Text,
        language -> Text,
        email_hash -> Bytea,
        root_version -> Int4,
        email_sealed -> Nullable<Bytea>,
        invited_by -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        accepted_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        case_ids -> Nullable<Array<Uuid>>,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Uuid,
        fence -> Int8,
        acquired_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    log_events (subject_id, id) {
        subject_id -> Uuid,
        id -> Uuid,
        association_id -> Nullable<Uuid>,
        case_id -> Uuid,
        kind -> Text,
        content -> Text,
        salt -> Bytea,
        created_at -> Timestamptz,
        leaf_index -> Nullable<Int8>,
        leaf_hash -> Nullable<Bytea>,
        entered_at -> Nullable<Timestamptz>,
        day -> Nullable<Date>,
    }
}

diesel::table! {
    log_leaves (case_id, leaf_index) {
        case_id -> Uuid,
        leaf_index -> Int8,
        entry -> Bytea,
        subject_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    log_pending (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        kind -> Text,
        version -> Int4,
        commitment -> Bytea,
        supersedes -> Nullable<Uuid>,
        created_at -> Timestamptz,
        evidence_commitment -> Nullable<Bytea>,
        leaf_index -> Nullable<Int8>,
        leaf_hash -> Nullable<Bytea>,
        entered_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    log_timestamps (case_id, size) {
        case_id -> Uuid,
        size -> Int8,
        checkpoint -> Text,
        day -> Date,
        attempts -> Int4,
        next_at -> Timestamptz,
        problem -> Nullable<Text>,
        stamped_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    logs (case_id) {
        case_id -> Uuid,
        origin -> Text,
        tree_size -> Int8,
        signed_size -> Int8,
        edge -> Bytea,
        checkpoint -> Nullable<Text>,
        fence -> Int8,
        created_at -> Timestamptz,
        signed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    lookups (hash, kind, claimant_id) {
        hash -> Bytea,
        kind -> Text,
        claimant_id -> Uuid,
        association_id -> Uuid,
    }
}

diesel::table! {
    mail_days (day) {
        day -> Date,
        reserved -> Int8,
    }
}

diesel::table! {
    mail_domains (domain) {
        domain -> Text,
        held_since -> Nullable<Timestamptz>,
        held_by -> Nullable<Text>,
    }
}

diesel::table! {
    mail_queues (id) {
        id -> Uuid,
        domain -> Nullable<Text>,
        state -> Text,
        failures -> Int4,
        opened_at -> Nullable<Timestamptz>,
        next_probe_at -> Nullable<Timestamptz>,
        recovered_at -> Nullable<Timestamptz>,
        held_at -> Nullable<Timestamptz>,
        per_second -> Nullable<Int4>,
        at_once -> Nullable<Int4>,
        last_answer -> Nullable<Text>,
        answered_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    mailboxes (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        domain -> Nullable<Text>,
        treatment -> Text,
        plan -> Nullable<Text>,
        alias_of -> Nullable<Uuid>,
        sealed -> Bytea,
        created_at -> Timestamptz,
        proved_at -> Nullable<Timestamptz>,
        proof -> Nullable<Text>,
    }
}

diesel::table! {
    mail_texts (association_id, version) {
        association_id -> Uuid,
        version -> Int4,
        texts -> Jsonb,
        published_at -> Timestamptz,
    }
}

diesel::table! {
    mails (subject_id, id) {
        subject_id -> Uuid,
        id -> Uuid,
        association_id -> Nullable<Uuid>,
        code -> Text,
        kind -> Text,
        sent_at -> Timestamptz,
        texts_version -> Nullable<Int4>,
    }
}

diesel::table! {
    membership_changes (association_id, staff_id, id) {
        association_id -> Uuid,
        staff_id -> Uuid,
        id -> Uuid,
        state -> Text,
        role -> Text,
        changed_at -> Timestamptz,
        changed_by -> Nullable<Uuid>,
        case_ids -> Nullable<Array<Uuid>>,
    }
}

diesel::table! {
    memberships (staff_id, association_id) {
        staff_id -> Uuid,
        association_id -> Uuid,
        role -> Text,
        created_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        suspended_at -> Nullable<Timestamptz>,
        signed_in_at -> Nullable<Timestamptz>,
        language -> Nullable<Text>,
        case_ids -> Nullable<Array<Uuid>>,
    }
}

diesel::table! {
    message_stops (claimant_id) {
        claimant_id -> Uuid,
        association_id -> Uuid,
        stopped_at -> Timestamptz,
    }
}

diesel::table! {
    minors (claimant_id) {
        claimant_id -> Uuid,
        association_id -> Uuid,
        looked_on -> Date,
    }
}

diesel::table! {
    outbox (subject_id, id) {
        subject_id -> Uuid,
        id -> Uuid,
        association_id -> Nullable<Uuid>,
        case_id -> Nullable<Uuid>,
        kind -> Text,
        lane -> Int2,
        priority -> Int2,
        payload -> Jsonb,
        state -> Text,
        attempts -> Int4,
        due_at -> Timestamptz,
        lease_until -> Timestamptz,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        last_error -> Nullable<Text>,
        queue_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    paper_hand_ins (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        version -> Int4,
        document_sha256 -> Bytea,
        state -> Text,
        sealed -> Bytea,
        handed_in_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        reason -> Nullable<Text>,
        note_sealed -> Nullable<Bytea>,
        id_images_deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    partner_event_heads (partner_id, mode) {
        partner_id -> Uuid,
        mode -> Text,
        last -> Int8,
    }
}

diesel::table! {
    partner_events (partner_id, id) {
        partner_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        mode -> Text,
        case_id -> Uuid,
        claimant_id -> Nullable<Uuid>,
        state -> Text,
        step -> Int2,
        created_at -> Timestamptz,
        sequence -> Nullable<Int8>,
        numbered_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    partner_keys (id) {
        id -> Uuid,
        partner_id -> Uuid,
        association_id -> Uuid,
        mode -> Text,
        slot -> Nullable<Int2>,
        secret_sha256 -> Bytea,
        scopes -> Array<Text>,
        case_ids -> Nullable<Array<Uuid>>,
        networks -> Array<Text>,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        revoked_by -> Nullable<Uuid>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    partner_rates (key_id, unit) {
        key_id -> Uuid,
        unit -> Text,
        window_starts_at -> Timestamptz,
        used -> Int8,
    }
}

diesel::table! {
    partner_submissions (claimant_id) {
        claimant_id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        partner_id -> Uuid,
        key_id -> Uuid,
        mode -> Text,
        notice_version -> Text,
        notice_shown_at -> Timestamptz,
        created_at -> Timestamptz,
        told -> Text,
        told_count -> Int2,
    }
}

diesel::table! {
    partners (id) {
        id -> Uuid,
        association_id -> Uuid,
        slug -> Text,
        name -> Text,
        language -> Text,
        root_version -> Nullable<Int4>,
        email_sealed -> Nullable<Bytea>,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        suspended_at -> Nullable<Timestamptz>,
        sandbox_of -> Nullable<Uuid>,
        origins -> Array<Text>,
    }
}

diesel::table! {
    payouts (claimant_id, version) {
        claimant_id -> Uuid,
        version -> Int4,
        association_id -> Uuid,
        sealed -> Bytea,
        created_at -> Timestamptz,
        effective_at -> Timestamptz,
        stopped_at -> Nullable<Timestamptz>,
        stopped_by -> Nullable<Text>,
        told_at -> Nullable<Timestamptz>,
        typed_by -> Nullable<Uuid>,
        waits_at -> Nullable<Timestamptz>,
        released_at -> Nullable<Timestamptz>,
        released_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    plans (case_id, code) {
        case_id -> Uuid,
        code -> Text,
        name -> Text,
        paid -> Bool,
        fee_cents -> Nullable<Int8>,
        source -> Nullable<Text>,
        position -> Int2,
    }
}

diesel::table! {
    rate_buckets (id) {
        id -> Uuid,
        instants -> Array<Timestamptz>,
        granted_to -> Nullable<Uuid>,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    recovery_codes (staff_id, hash) {
        staff_id -> Uuid,
        hash -> Bytea,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    refresh_tokens (id) {
        id -> Uuid,
        family -> Uuid,
        staff_id -> Uuid,
        association_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    registered_mailboxes (id) {
        id -> Uuid,
        claimant_id -> Uuid,
        association_id -> Uuid,
        registered_at -> Timestamptz,
    }
}

diesel::table! {
    registered_persons (id) {
        id -> Uuid,
        claimant_id -> Uuid,
        association_id -> Uuid,
        registered_at -> Timestamptz,
    }
}

diesel::table! {
    reminders (id) {
        id -> Uuid,
        sent -> Int2,
        last_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    representatives (claimant_id, version) {
        claimant_id -> Uuid,
        version -> Int4,
        association_id -> Uuid,
        title -> Text,
        sealed -> Nullable<Bytea>,
        given_by -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    respondent_statements (id) {
        id -> Uuid,
        case_id -> Uuid,
        incident_id -> Nullable<Uuid>,
        speaker -> Text,
        said_on -> Date,
        statement -> Text,
        source -> Text,
        promised_for -> Nullable<Date>,
        promise_kept -> Nullable<Bool>,
        position -> Int2,
    }
}

diesel::table! {
    respondents (id) {
        id -> Uuid,
        slug -> Text,
        name -> Text,
        codice_fiscale -> Text,
        pec -> Nullable<Text>,
    }
}

diesel::table! {
    retention_runs (rule, day) {
        rule -> Text,
        day -> Date,
        ran_at -> Timestamptz,
        deleted -> Int8,
    }
}

diesel::table! {
    retention_terms (rule) {
        rule -> Text,
        days -> Int4,
        confirmed_by -> Text,
        confirmed_at -> Timestamptz,
    }
}

diesel::table! {
    rights_requests (subject_id, id) {
        subject_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        kind -> Text,
        channel -> Text,
        received_at -> Timestamptz,
        received_on -> Date,
        due_on -> Date,
        extended_at -> Nullable<Timestamptz>,
        extension_notified -> Nullable<Text>,
        answered_at -> Nullable<Timestamptz>,
        decision -> Nullable<Text>,
        request_sealed -> Nullable<Bytea>,
        extension_sealed -> Nullable<Bytea>,
        answer_sealed -> Nullable<Bytea>,
        outcome -> Nullable<Text>,
        erase_by -> Nullable<Timestamptz>,
        carried_out_at -> Nullable<Timestamptz>,
        lifting_at -> Nullable<Timestamptz>,
        lifting_notified -> Nullable<Text>,
        lifting_mail -> Nullable<Uuid>,
        lifting_sealed -> Nullable<Bytea>,
        lifts_at -> Nullable<Timestamptz>,
        lifted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    root_keys (version) {
        version -> Int4,
        check_value -> Bytea,
        first_seen -> Timestamptz,
    }
}

diesel::table! {
    sample_checks (id) {
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        number -> Int4,
        filter -> Jsonb,
        purpose -> Text,
        state -> Text,
        size -> Int4,
        population -> Array<Uuid>,
        population_count -> Int4,
        population_sha256 -> Bytea,
        seed_source -> Nullable<Text>,
        seed_due_at -> Nullable<Timestamptz>,
        seed -> Nullable<Text>,
        sample_sha256 -> Nullable<Bytea>,
        result_sha256 -> Nullable<Bytea>,
        opened_by -> Uuid,
        opened_at -> Timestamptz,
        drawn_by -> Nullable<Uuid>,
        drawn_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Uuid>,
        ended_at -> Nullable<Timestamptz>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    sample_members (sample_id, place) {
        sample_id -> Uuid,
        place -> Int4,
        association_id -> Uuid,
        claimant_id -> Uuid,
        result -> Nullable<Text>,
        code -> Nullable<Text>,
        note_sealed -> Nullable<Bytea>,
        checked_by -> Nullable<Uuid>,
        checked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    scam_reports (id) {
        id -> Uuid,
        association_id -> Uuid,
        case_id -> Uuid,
        asked_for -> Text,
        received_at -> Timestamptz,
        association_key_version -> Int4,
        wrapped -> Bytea,
        report_sealed -> Bytea,
        handled_at -> Nullable<Timestamptz>,
        handled_by -> Nullable<Uuid>,
        note_sealed -> Nullable<Bytea>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        kind -> Text,
        subject_id -> Uuid,
        association_id -> Uuid,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        expires_at -> Timestamptz,
        step_up_until -> Nullable<Timestamptz>,
        device -> Nullable<Text>,
        network -> Nullable<Text>,
    }
}

diesel::table! {
    signature_requests (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        version -> Int4,
        tier -> Text,
        document_sha256 -> Bytea,
        acceptances -> Array<Text>,
        evidence -> Bytea,
        code_hash -> Bytea,
        attempts -> Int2,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        used_at -> Nullable<Timestamptz>,
        voided_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    signature_files (claimant_id, id) {
        claimant_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        version -> Int4,
        request_id -> Uuid,
        verdict -> Text,
        kept -> Bool,
        size -> Int8,
        sha256 -> Bytea,
        report -> Bytea,
        checked_at -> Timestamptz,
    }
}

diesel::table! {
    signatures (claimant_id, version) {
        claimant_id -> Uuid,
        version -> Int4,
        association_id -> Uuid,
        tier -> Text,
        request_id -> Nullable<Uuid>,
        document_sha256 -> Bytea,
        document_key -> Text,
        evidence -> Bytea,
        evidence_sha256 -> Bytea,
        acceptances -> Array<Text>,
        signed_at -> Timestamptz,
    }
}

diesel::table! {
    signing_keys (id) {
        id -> Uuid,
        purpose -> Text,
        version -> Int4,
        root_version -> Int4,
        sealed -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    staff (id) {
        id -> Uuid,
        email_hash -> Bytea,
        root_version -> Int4,
        sealed -> Bytea,
        password_hash -> Text,
        totp_sealed -> Bytea,
        status -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    staff_devices (id) {
        id -> Uuid,
        staff_id -> Uuid,
        device -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    suppressions (id, reason) {
        id -> Uuid,
        reason -> Text,
        since -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    tariffs (case_id, code, version) {
        case_id -> Uuid,
        code -> Text,
        paid -> Bool,
        cents_per_day -> Int8,
        source -> Text,
        version -> Int4,
    }
}

diesel::table! {
    template_pauses (kind) {
        kind -> Text,
        since -> Timestamptz,
        pauses -> Bool,
        hard -> Int4,
        sent -> Int4,
        released_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    texts (id) {
        id -> Uuid,
        case_id -> Uuid,
        kind -> Text,
        version -> Text,
        language -> Text,
        body -> Text,
        sha256 -> Bytea,
        published_at -> Timestamptz,
    }
}

diesel::table! {
    third_parties (id) {
        id -> Uuid,
        case_id -> Uuid,
        name -> Text,
        role -> Text,
        source -> Text,
    }
}

diesel::table! {
    totp_uses (staff_id, step) {
        staff_id -> Uuid,
        step -> Int8,
        used_at -> Timestamptz,
    }
}

diesel::joinable!(identities -> claimants (claimant_id));
diesel::joinable!(mailboxes -> claimants (claimant_id));

diesel::table! {
    webhook_attempts (partner_id, id) {
        partner_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        endpoint_id -> Uuid,
        message_id -> Uuid,
        event_type -> Text,
        number -> Int2,
        started_at -> Timestamptz,
        duration_ms -> Int4,
        status -> Nullable<Int2>,
        outcome -> Text,
    }
}

diesel::table! {
    webhook_deliveries (partner_id, id) {
        partner_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        endpoint_id -> Uuid,
        event_id -> Nullable<Uuid>,
        state -> Text,
        attempts -> Int2,
        due_at -> Timestamptz,
        lease_until -> Timestamptz,
        created_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_endpoints (partner_id, id) {
        partner_id -> Uuid,
        id -> Uuid,
        association_id -> Uuid,
        mode -> Text,
        case_ids -> Nullable<Array<Uuid>>,
        event_types -> Array<Text>,
        root_version -> Int4,
        sealed -> Bytea,
        previous_until -> Nullable<Timestamptz>,
        created_with -> Uuid,
        created_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
        disabled_why -> Nullable<Text>,
        failures -> Int4,
        failing_since -> Nullable<Timestamptz>,
        paused_until -> Nullable<Timestamptz>,
        last_success_at -> Nullable<Timestamptz>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    approval_notices,
    assignments,
    association_keys,
    association_registers,
    associations,
    audit,
    bounces,
    breaches,
    bulk_actions,
    bulk_members,
    case_associations,
    case_counsel,
    case_counts,
    case_facts,
    case_revisions,
    case_updates,
    case_words,
    cases,
    claimant_keys,
    claimants,
    confirmations,
    conflict_decisions,
    conflicts,
    consents,
    contact_changes,
    contact_requests,
    declaration_drafts,
    declarations,
    deficiencies,
    demand_letters,
    document_files,
    documents,
    estates,
    export_batches,
    export_files,
    exports,
    file_uploads,
    followers,
    housekeeping_cursors,
    idempotency_keys,
    identities,
    import_reports,
    imported_contacts,
    imports,
    incident_domains,
    incidents,
    invitations,
    leases,
    log_events,
    log_leaves,
    log_pending,
    log_timestamps,
    logs,
    lookups,
    mail_days,
    mail_domains,
    mail_queues,
    mail_texts,
    mailboxes,
    mails,
    membership_changes,
    memberships,
    message_stops,
    minors,
    outbox,
    paper_hand_ins,
    partner_event_heads,
    partner_events,
    partner_keys,
    partner_rates,
    partner_submissions,
    partners,
    payouts,
    plans,
    rate_buckets,
    recovery_codes,
    refresh_tokens,
    registered_mailboxes,
    registered_persons,
    reminders,
    representatives,
    respondent_statements,
    respondents,
    retention_runs,
    retention_terms,
    rights_requests,
    root_keys,
    sample_checks,
    sample_members,
    scam_reports,
    sessions,
    signature_files,
    signature_requests,
    signatures,
    signing_keys,
    staff,
    staff_devices,
    suppressions,
    tariffs,
    template_pauses,
    texts,
    third_parties,
    totp_uses,
    webhook_attempts,
    webhook_deliveries,
    webhook_endpoints,
);
