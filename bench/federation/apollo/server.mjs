// The audit subgraph as a competent Node developer would write it: Apollo Server, DataLoader, prepared
// statements, keyset pages. It authenticates nobody: one tenant is wired into every statement.

import { randomUUID } from 'node:crypto';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import DataLoader from 'dataloader';
import { GraphQLScalarType, parse } from 'graphql';
import pg from 'pg';

const { DATABASE_URL, PORT, TENANT_ID } = process.env;
// As many connections as the web process of the platform may keep.
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 12 });

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

  scalar DateTime

  type AuditActor { type: String! id: String! name: String! }

  type AuditLog @key(fields: "id") {
    id: ID!
    occurredAt: DateTime!
    recordedAt: DateTime!
    action: String!
    actor: AuditActor!
  }

  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type AuditLogConnection { nodes: [AuditLog!]! pageInfo: PageInfo! }

  input AuditLogFilter { actions: [String!] }
  input AuditActorInput { type: String! id: String! name: String }
  input CreateAuditLogInput { action: String! occurredAt: DateTime! actor: AuditActorInput! }
  type CreateAuditLogPayload { auditLog: AuditLog }

  type Query {
    auditLog(id: ID!): AuditLog
    auditLogs(filter: AuditLogFilter, first: Int = 50, after: String, offset: Int = 0): AuditLogConnection!
  }
  type Mutation {
    createAuditLog(input: CreateAuditLogInput!): CreateAuditLogPayload!
  }
`);

// Only what the bench selects: the peer at its best.
const COLUMNS = `id, occurred_at AS "occurredAt", recorded_at AS "recordedAt", action,
  actor_type AS "actorType", actor_id AS "actorId", actor_name AS "actorName"`;

// A statement with a name is prepared once for each connection.
async function query(name, text, values) {
  return (await pool.query({ name, text, values })).rows;
}

async function byIds(ids) {
  const rows = await query(
    'by-ids',
    `SELECT ${COLUMNS} FROM audit_auditlog WHERE tenant_id = $1 AND id = ANY($2::uuid[])`,
    [TENANT_ID, ids],
  );
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id) ?? null);
}

async function page({ filter, first, after, offset }) {
  const conditions = ['tenant_id = $1'];
  const values = [TENANT_ID];
  const next = (...more) => more.map((value) => `$${values.push(value)}`).join(', ');
  if (filter?.actions) conditions.push(`action = ANY(${next(filter.actions)})`);
  if (after) conditions.push(`(occurred_at, id) < (${next(...JSON.parse(Buffer.from(after, 'base64url')))})`);
  const rows = await query(
    `page-${conditions.length}-${Boolean(after)}`,
    `SELECT ${COLUMNS} FROM audit_auditlog WHERE ${conditions.join(' AND ')}
      ORDER BY occurred_at DESC, id DESC LIMIT ${next(first + 1)} OFFSET ${next(offset)}`,
    values,
  );
  const nodes = rows.slice(0, first);
  return { nodes, pageInfo: { hasNextPage: rows.length > first, last: nodes.at(-1) } };
}

async function create({ action, occurredAt, actor }) {
  const rows = await query(
    'create',
    `INSERT INTO audit_auditlog (id, tenant_id, occurred_at, recorded_at, action, actor_type, actor_id,
        actor_name, targets, context, changes, metadata, record, words)
      VALUES ($1, $2, $3, now(), $4, $5, $6, $7, '[]', '{}', '[]', '{}', '', $8) RETURNING ${COLUMNS}`,
    [randomUUID(), TENANT_ID, occurredAt, action, actor.type, actor.id, actor.name ?? '', action],
  );
  return { auditLog: rows[0] };
}

const resolvers = {
  DateTime: new GraphQLScalarType({
    name: 'DateTime',
    serialize: (value) => value.toISOString(),
    parseValue: (value) => new Date(value),
    parseLiteral: (node) => new Date(node.value),
  }),
  Query: {
    auditLog: (_root, { id }, { logs }) => logs.load(id),
    auditLogs: (_root, args) => page(args),
  },
  Mutation: {
    createAuditLog: (_root, { input }) => create(input),
  },
  AuditLog: {
    __resolveReference: ({ id }, { logs }) => logs.load(id),
    actor: (log) => ({ type: log.actorType, id: log.actorId, name: log.actorName }),
  },
  PageInfo: {
    endCursor: ({ last }) =>
      last ? Buffer.from(JSON.stringify([last.occurredAt, last.id])).toString('base64url') : null,
  },
};

const server = new ApolloServer({
  schema: buildSubgraphSchema([{ typeDefs, resolvers }]),
  plugins: [ApolloServerPluginInlineTraceDisabled()],
});
await startStandaloneServer(server, {
  context: async () => ({ logs: new DataLoader(byIds) }),
  listen: { host: '127.0.0.1', port: Number(PORT) },
});
