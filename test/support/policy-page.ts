import { contract } from '#shared/contract.ts';
import { NARROWED, type Condition } from '#shared/people/conditions.policy.ts';
import { POLICY, ROLES, type Action, type Column, type Line } from '#shared/people/people.policy.ts';
import { ROLE_WORDS } from '#shared/people/people.words.ts';
import { DOCUMENTS, ROUTES, STREAMS } from '#shared/people/ways.policy.ts';
import type { Contract } from '#shared/wire/define.ts';

/* The policy table as a page for people: what `docs/policy.md` has to say. */

/** As the table's columns stand in security §4.3; the deputy beside whom they act for. */
export const COLUMNS: readonly Column[] = ROLES.flatMap((role): Column[] =>
  role === 'spokesperson' ? [role, 'deputy'] : [role],
);

const HEADS: Readonly<Record<Column, string>> = { ...ROLE_WORDS.zh, deputy: '副发言人' };

const GROUPS: Readonly<Record<string, string>> = {
  person: 'People and posts',
  user: 'People and posts',
  unit: 'Units',
  room: 'Rooms',
  message: 'Messages',
  announce: 'Messages',
  meeting: 'Meetings and minutes',
  minutes: 'Meetings and minutes',
  incident: 'Concerns',
  response: 'Responses',
  audit: 'Audit',
  appointment: 'People and posts',
  delegation: 'People and posts',
};

const CONDITIONS: Readonly<Record<Condition, string>> = {
  'affected-unit': 'the right may be held for the lead unit or any affected one',
  'announce-room': 'in rooms of kind `announce`; elsewhere `message.post` is asked',
  'approver-signs': 'it takes effect when an approver, not the one who asked, signs its hash',
  'auditor-post':
    'the post of auditor alone counts, whatever else the same person holds; `log:` takes one over everything',
  author: 'only what the person wrote',
  draft: 'while the minutes are a draft',
  'edit-window': 'editing within 15 minutes; taking back whenever',
  'eligible-lead': 'whoever is to lead holds the same right',
  fortnight: 'for 14 days at most, to an officer or worker of the same unit, who has to accept',
  'hash-seen': 'the hash of what was on the screen is the hash of what is signed',
  'lead-resolves': 'resolving: only the accepted lead, once the last answer is out',
  'lead-unit': 'the right is held for the lead unit, not for one that is only affected',
  'members-room':
    'in rooms of kind `members`, membership takes the place of the relation; an auditor reads those of their scope',
  'not-contributor':
    'nobody who wrote, deleted or submitted any of it or stated the facts it began with, nor whom a delegation joins to one of them',
  'not-self': 'never to or for oneself',
  'officer-leads': "an officer only as the concern's lead, then for an affected unit too",
  'on-record': 'each reading is written to the log before it is answered',
  'on-request': 'while the person asks for it, and holds no post but a worker’s',
  reason: 'with a reason, where it is about somebody else',
  'second-admin': 'spokesperson, approver, auditor and admin: confirmed by a second administrator',
  'second-person': 'lowering a grade, or dismissing what three have reported: somebody else than who graded or flagged',
  'self-leaves': 'leaving by oneself takes no right',
  signed: 'signed by enough others who could still sign, on these bytes and these facts, not too long ago',
  signer: 'the named signer alone',
  'within-reach': 'to somebody who was enrolled, or holds a post, where the right is held',
  'takes-part': 'named on the meeting, its creator or its signer; anybody, where nobody is named',
};

/** The letters of a cell, as words. */
export const RELATIONS: Readonly<Record<string, string>> = { S: 'own', D: 'below', A: 'above', a: 'above*' };

const lines = Object.entries(POLICY) as [Action, Line][];
const code = (text: string): string => `\`${text}\``;
const inWords = (cell: string): string => Array.from(cell, (letter) => RELATIONS[letter] ?? letter).join(', ');
const groupOf = (action: string): string => {
  const first = action.split('.', 1)[0] ?? '';
  return GROUPS[first] ?? `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
};

/** Everything that asks for a right, as it is called from outside. */
function askedBy(right: string): string[] {
  const rows = Object.entries(contract as Contract).flatMap(([feature, table]) =>
    Object.entries(table).flatMap(([verb, row]) => (row.action === right ? [`${feature}:${verb}`] : [])),
  );
  const streams = Object.entries(STREAMS).flatMap(([kind, asks]) => (asks === right ? [`opening ${kind}:`] : []));
  const documents = Object.entries(DOCUMENTS).flatMap(([kind, asks]) => [
    ...(asks.read === right ? [`reading the document of a ${kind}`] : []),
    ...(asks.edit === right ? [`writing in the document of a ${kind}`] : []),
  ]);
  const routes = Object.entries(ROUTES).flatMap(([route, asks]) => (asks === right ? [route] : []));
  return [...rows, ...streams, ...documents, ...routes];
}

/** A right that no row begins with is asked by the rules, in the middle of one. */
const usesOf = (action: string): string => askedBy(action).map(code).join(', ') || 'asked by the rules of its feature';

function section(title: string, numberOf: (condition: Condition) => number): string {
  const own = lines.filter(([action]) => groupOf(action) === title);
  const rows = own.map(([action, cells]) => {
    const notes = (NARROWED[action] ?? []).map((condition) => `[${numberOf(condition)}]`).join(' ');
    return [`${code(action)} ${notes}`, ...COLUMNS.map((column) => inWords(cells[column] ?? '') || '·')];
  });
  const head = ['', ...COLUMNS.map((column) => `${HEADS[column]} ${column}`)];
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const uses = own.map(([action]) => `- ${code(action)}: ${usesOf(action)}`).join('\n');
  return `## ${title}\n\n${table}\n\n${uses}\n`;
}

/** The whole page, not yet formatted. */
export function policyPage(): string {
  const conditions = [...new Set(lines.flatMap(([action]) => NARROWED[action] ?? []))];
  const numberOf = (condition: Condition): number => conditions.indexOf(condition) + 1;
  const groups = [...new Set(lines.map(([action]) => groupOf(action)))];
  return `# Who may do what

Made of \`shared/people/people.policy.ts\` and \`conditions.policy.ts\` beside it by \`LINLI_WRITE=docs npx vitest run --project house test/house/policy.test.ts\`; the same test fails when the two differ.

A right comes with a post in a unit. A cell says where the unit of the thing may stand, seen from the unit of the post: **own** the same unit, **below** under it, **above** over it, **above\\*** over it where the audience is the whole subtree. A dot is a no, and so is everything that stands in no cell. Whoever holds several posts has the sum of them; a post that has not begun or is over gives nothing. A deputy is whoever acts for a spokesperson by an accepted, running delegation. Numbers in brackets narrow a line further; they stand at the end.

Who may not see a thing is told that there is none (404, \`not_found\`); who sees it and may not act is told so (403, \`forbidden\`).

${groups.map((title) => section(title, numberOf)).join('\n')}
## Without a post

- With a session, whoever's: ${askedBy('signed-in').map(code).join(', ')}
- Whoever is signing in or signed in, for their own account: ${askedBy('own-account').map(code).join(', ')}
- That person alone: ${askedBy('self').map(code).join(', ')}
- Nobody: ${askedBy('nobody').map(code).join(', ')}
- Anybody, without a session: ${askedBy('anyone').map(code).join(', ')}

## What narrows a right

${conditions.map((condition, i) => `${i + 1}. ${CONDITIONS[condition]}`).join('\n')}
`;
}
