// Against a platform that runs: SEPTET_URL, SEPTET_KEY. `node --test test/`.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  AuditConsistencyProofDocument,
  AuditLogDocument,
  checkConsistency,
  checkReceipt,
  CreateAuditLogDocument,
  CreateSubscriberDocument,
  FileDocument,
  FilesDocument,
  logKey,
  openCheckpoint,
  ProofError,
  Septet,
  SeptetError,
  Unreachable,
} from "../dist/index.js";

const URL_ = process.env.SEPTET_URL;
const KEY = process.env.SEPTET_KEY;
const policy = { milliseconds: 240_000 };
const septet = new Septet(URL_, KEY, { policy });
const BODY = new Blob([randomBytes(300_000)]);

function entry(more = {}) {
  const input = {
    action: "invoice.approved",
    occurredAt: "2026-05-01T12:00:00+00:00",
    actor: { type: "user", id: "u-1" },
    ...more,
  };
  return septet.run(CreateAuditLogDocument, { input }).then((data) => data.createAuditLog);
}

async function keysOfLog() {
  const lines = (await (await septet.get("/audit/api/log/keys")).text()).trim().split("\n");
  return Promise.all(lines.map(logKey));
}

test("what is recorded is read", async () => {
  const { auditLog } = await entry({ metadata: { total: 3 } });

  const found = await septet.run(AuditLogDocument, { id: auditLog.id });

  assert.deepEqual(found.auditLog, auditLog);
  assert.deepEqual(found.auditLog.metadata, { total: 3 });
});

test("what a mutation refuses is thrown with its code", async () => {
  const input = { key: "typescript-twice", name: "Ada" };
  await septet.run(CreateSubscriberDocument, { input });

  const refused = await septet.run(CreateSubscriberDocument, { input }).catch((error) => error);

  assert.deepEqual([refused.code, refused.told.path], ["CONFLICT", "createSubscriber"]);
});

test("another key opens nothing", async () => {
  const nobody = new Septet(URL_, "septet_test_nobody", { policy });

  await assert.rejects(nobody.run(FilesDocument, {}), { code: "UNAUTHENTICATED" });
});

test("a receipt is proved by the key of the log alone", async () => {
  const { receipt } = await entry({ waitSealed: true });
  const keys = await keysOfLog();

  const signed = await checkReceipt(receipt, keys);

  assert.ok(signed.size > receipt.position);
  const wrong = [
    { record: receipt.record.replace("approved", "declined") },
    { position: receipt.position - 1 },
    { path: receipt.path.slice(1) },
    { checkpoint: receipt.checkpoint.replace("\n", "1\n") },
    { form: "another" },
  ];
  for (const part of wrong) {
    await assert.rejects(checkReceipt({ ...receipt, ...part }, keys), ProofError);
  }
  await assert.rejects(checkReceipt(receipt, []), /no key that is known/);
});

test("the log only grew", async () => {
  const keys = await keysOfLog();
  const seen = [];
  for (let made = 0; made < 4; made += 1) {
    seen.push(await openCheckpoint((await entry({ waitSealed: true })).receipt.checkpoint, keys));
  }
  const path = async (older, newer) =>
    (await septet.run(AuditConsistencyProofDocument, { older: older.size, newer: newer.size }))
      .auditConsistencyProof.path;

  for (const older of seen) {
    for (const newer of seen.filter((one) => one.size >= older.size)) {
      await checkConsistency(older, newer, await path(older, newer));
    }
  }

  const [first, last] = [seen[0], seen.at(-1)];
  const forged = { ...first, root: Buffer.alloc(32).toString("base64") };
  await assert.rejects(checkConsistency(forged, last, await path(first, last)), ProofError);
  await assert.rejects(checkConsistency(last, first, []), ProofError);
});

test("an upload goes on after the line was cut, and comes down", async () => {
  const methods = [];
  const cutting = async (...request) => {
    const response = await fetch(...request);
    methods.push(request[1].method);
    if (request[1].method === "PATCH" && methods.filter((one) => one === "PATCH").length === 2) {
      throw new TypeError("cut");
    }
    return response;
  };
  const cut = new Septet(URL_, KEY, { policy, pieceBytes: 100_000, fetch: cutting });

  const id = await cut.upload(BODY, "typescript.bin");

  assert.equal(methods.filter((one) => one === "PATCH").length, 3);
  assert.equal(methods.filter((one) => one === "HEAD").length, 2);
  const until = Date.now() + 240_000;
  while ((await septet.run(FileDocument, { id })).file.state !== "CLEAN") {
    assert.ok(Date.now() < until, "it is not scanned");
    await new Promise((done) => setTimeout(done, 200));
  }
  const bytes = Buffer.from(await (await septet.download(id)).arrayBuffer());
  assert.ok(bytes.equals(Buffer.from(await BODY.arrayBuffer())));
});

test("a stream is heard and gone on with", async () => {
  const asked = [];
  const answers = [
    new Response("id: 1\ndata: one\n\n"),
    new Response("", { status: 503 }),
    new Response(": silence\n\nid: 2\ndata: two\ndata: lines\n\n"),
  ];
  const told = async (_url, { headers }) => {
    asked.push(headers["Last-Event-ID"]);
    return answers[asked.length - 1];
  };
  const heard = [];

  for await (const event of new Septet("http://x", "any", { fetch: told }).listen("/events")) {
    heard.push(event.data);
    if (heard.length === 2) break;
  }

  assert.deepEqual(heard, ["one", "two\nlines"]);
  assert.deepEqual(asked, [undefined, "1", "1"]);
});

function scripted(...answers) {
  const asked = [];
  const told = async (_url, { body }) => {
    asked.push(body);
    const answer = answers[asked.length - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, septet: (more = {}) => new Septet("http://x", "any", { fetch: told, policy: more }) };
}

test("a lost answer is asked for again with the same key", async () => {
  const good = { data: { createAuditLog: { auditLog: null, receipt: null, error: null } } };
  const server = scripted(
    new TypeError("cut"),
    new Response("", { status: 503 }),
    Response.json(good),
  );

  await server.septet().run(CreateAuditLogDocument, { input: { action: "a" } });

  assert.equal(server.asked.length, 3);
  assert.equal(new Set(server.asked).size, 1);
  assert.match(server.asked[0], /idempotencyKey":"[0-9a-f-]{36}/);
});

test("a mutation without a key is sent once, and a key of the caller is kept", async () => {
  for (const document of ["mutation { a(input: {}) { id } }", "# one\nmutation { a { id } }"]) {
    const server = scripted(new Response("", { status: 503 }));
    await assert.rejects(server.septet().run(document), SeptetError);
    assert.equal(server.asked.length, 1);
  }

  const good = { data: { createAuditLog: { auditLog: null, receipt: null, error: null } } };
  const server = scripted(Response.json(good), Response.json(good));
  for (const idempotencyKey of ["mine", undefined]) {
    await server.septet().run(CreateAuditLogDocument, { input: { action: "a", idempotencyKey } });
  }
  assert.match(server.asked[0], /"idempotencyKey":"mine"/);
  assert.match(server.asked[1], /idempotencyKey":"[0-9a-f-]{36}/);
});

test("the time of a call ends one whose answer does not, and no download", async () => {
  const slow = async (_url, { signal }) =>
    new Response(
      new ReadableStream({
        start(body) {
          const over = setTimeout(() => {
            body.enqueue(new TextEncoder().encode("late"));
            body.close();
          }, 300);
          signal.addEventListener("abort", () => {
            clearTimeout(over);
            body.error(signal.reason);
          });
        },
      }),
    );
  const hasty = new Septet("http://x", "any", { fetch: slow, policy: { milliseconds: 20 } });

  assert.equal(await (await hasty.download("1")).text(), "late");
  await assert.rejects(hasty.run(FilesDocument, {}), /it took too long/);
});

test("it gives up after its attempts, and does not wait longer than it may", async () => {
  const dead = scripted(...Array(9).fill(new TypeError("refused")));
  await assert.rejects(dead.septet({ attempts: 2 }).run(FilesDocument, {}), Unreachable);
  assert.equal(dead.asked.length, 2);

  const errors = [{ message: "slow", extensions: { code: "RATE_LIMITED" } }];
  const busy = scripted(
    Response.json({ errors }, { status: 429, headers: { "Retry-After": "60" } }),
  );
  await assert.rejects(busy.septet({ milliseconds: 5_000 }).run(FilesDocument, {}), {
    code: "RATE_LIMITED",
  });
  assert.equal(busy.asked.length, 1);
});

test("what is not the platform is named", async () => {
  const page = scripted(new Response("<html>", { status: 404 }));

  await assert.rejects(page.septet().run(FilesDocument, {}), /not by the platform/);
  assert.ok(new Unreachable("X", "y") instanceof SeptetError);
});
