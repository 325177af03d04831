import type { StreamKind } from '#shared/wire/stream.ts';
import type { Action } from './people.policy.ts';

/*
 * The ways in that stand in no command table, and the right each of them takes. Whoever adds one adds a line here: the
 * compiler asks for those of streams and documents, test/house for the rest.
 */

/** A line of the policy table; or a session, whoever's; or none; or to be the one it belongs to; or nobody at all. */
export type Right = Action | 'signed-in' | 'anyone' | 'self' | 'nobody';

/** Opening a stream. What may be read of it then goes by the type of each event. */
export const STREAMS = {
  room: 'room.read',
  incident: 'incident.read',
  response: 'incident.read',
  meeting: 'minutes.read',
  unit: 'unit.read',
  person: 'self',
  doc: 'nobody',
  log: 'nobody',
  anchor: 'nobody',
} as const satisfies Record<StreamKind, Right>;

/** Kinds of stream that can be opened. */
export type OpenKind = { [K in StreamKind]: (typeof STREAMS)[K] extends 'nobody' ? never : K }[StreamKind];

/** Live documents, by the kind of stream that owns them: reading one, and writing in it. */
export const DOCUMENTS = {
  meeting: { read: 'minutes.read', edit: 'minutes.edit' },
  response: { read: 'incident.read', edit: 'response.draft' },
} as const satisfies Partial<Record<StreamKind, { read: Action; edit: Action }>>;

/** What is asked over HTTP beside commands and queries. */
export const ROUTES: Readonly<Record<string, Right>> = {
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /metrics': 'anyone', // from the machine itself alone
  'GET /{*rest}': 'anyone', // the client itself, which knows nothing yet
  'GET /api/openapi.json': 'anyone',
  'POST /api/csp-report': 'anyone', // a browser, by itself
  'GET /api/session': 'anyone',
  'POST /api/session': 'anyone',
  'DELETE /api/session': 'anyone',
  'PUT /api/files/:id': 'signed-in', // and then one's own
  'GET /api/files/:id': 'signed-in', // then whoever may read an event that names it, asked each time
  'POST /api/setup': 'anyone', // with the set-up code, while nobody holds a post
  'GET /public/': 'anyone',
  'GET /public/units/:code': 'anyone',
  'GET /public/responses/:code': 'anyone',
  'GET /public/verify': 'anyone',
  'GET /public/feed.atom': 'anyone',
  'GET /public/feed.json': 'anyone',
  'GET /public/cap/:file': 'anyone',
};
