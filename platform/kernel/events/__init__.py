"""Events: told in the writer's transaction, handed over at least once, in order for each key.

What is promised:

- `publish` stores an event in the outbox, in the transaction of the change that it tells of.
  Committed, it will be handed over; rolled back, it never was.
- One relay at a time hands the outbox over to a transport, in the order of each key that writers
  gave it by locking the row they change. An event whose transaction commits late is handed over
  late, and never passed over.
- A handler is called with each event of its types at least once for each group. What it does and
  the mark that it did it are one transaction, so **its effect in our database happens once**.
- A failure is tried again after 10 s, 1 min and 10 min, while other events go on; a group that is
  `ordered` lets later events of the same key wait until the earlier one has succeeded. What no
  repetition can heal (a `DomainError` that is not retryable, data that cannot be read) goes to the
  dead letters at once, with its reason. From there it is replayed or given up, by a person.
"""
