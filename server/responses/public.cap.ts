import { isShown } from '#shared/responses/responses.text.ts';
import type { PublicResponse, PublicRevision } from '#shared/responses/responses.view.ts';
import { xml } from './public.feeds.ts';

/*
 * CAP 1.2 (OASIS) as a projection of published versions, written by hand because the order of elements and the form of
 * times are strict. Every version is a message of its own with a new identifier; Update and Cancel refer to all earlier
 * ones that have not expired. Linli tells what is known; it is no source of official warnings, and the note says so.
 */

const DAY = 86_400_000;
const EXPIRES = 3 * DAY;
const OFFSET = 8 * 3_600_000; // UTC+8

/** The schema wants `±hh:mm` and takes neither `Z` nor fractions. */
const capTime = (ms: number): string => `${new Date(ms + OFFSET).toISOString().slice(0, 19)}+08:00`;

const CATEGORY: Readonly<Record<string, string>> = {
  disaster: 'Geo',
  accident: 'Safety',
  health: 'Health',
  security: 'Security',
  livelihood: 'Infra',
};
const SEVERITY: Readonly<Record<string, string>> = { I: 'Extreme', II: 'Severe', III: 'Moderate', IV: 'Minor' };
const CERTAINTY: Readonly<Record<string, string>> = {
  verified: 'Observed',
  corroborated: 'Likely',
  unverified: 'Possible',
  refuted: 'Unlikely',
};

interface Message {
  identifier: string;
  sent: number;
}

const senderOf = (response: PublicResponse): string => `${response.unit.code}@linli`;

const messagesOf = (response: PublicResponse): Message[] =>
  response.revisions.map(({ n, publishedAt }) => ({
    identifier: `${response.code}.${n}`,
    sent: Date.parse(publishedAt),
  }));

const words = (revision: PublicRevision, wanted: (key: string | undefined) => boolean): string =>
  revision.sections
    .filter((section) => wanted(section.key) && isShown(section))
    .map(({ title, blocks }) => [title, ...blocks.map((block) => block.text)].join('\n'))
    .join('\n\n');

const element = (name: string, text: string): string => (text === '' ? '' : `    <${name}>${xml(text)}</${name}>\n`);

interface Page {
  response: PublicResponse;
  revision: PublicRevision;
  origin: string;
  sent: number;
}

function info({ response, revision, origin, sent }: Page): string {
  const { withdrawn } = response;
  const contact = words(revision, (key) => key === 'contact');
  const areas = response.units.map((unit) => `    <area>\n      <areaDesc>${xml(unit.name)}</areaDesc>\n    </area>\n`);
  return [
    '  <info>\n',
    element('language', 'zh-CN'),
    element('category', CATEGORY[response.category] ?? 'Other'),
    element('event', revision.headline),
    element('urgency', withdrawn === null ? 'Unknown' : 'Past'),
    element('severity', SEVERITY[response.severity] ?? 'Unknown'),
    element('certainty', CERTAINTY[response.verification] ?? 'Unknown'),
    element('effective', capTime(sent)),
    element('expires', capTime(sent + EXPIRES)),
    element('senderName', revision.by.unit),
    element('headline', revision.headline),
    element('description', withdrawn?.reason ?? words(revision, (key) => key !== 'todo' && key !== 'contact')),
    element(
      'instruction',
      words(revision, (key) => key === 'todo'),
    ),
    element('web', `${origin}/public/responses/${response.code}`),
    element('contact', contact),
    ...areas,
    '  </info>\n',
  ].join('');
}

/** The newest message about a response. */
export function capMessage(response: PublicResponse, origin: string): string | undefined {
  const revision = response.revisions.at(-1);
  if (revision === undefined) return undefined;
  const { withdrawn } = response;
  const all = messagesOf(response);
  const last = all.at(-1);
  if (last === undefined) return undefined;
  const cancel = withdrawn === null ? undefined : { identifier: `${response.code}.x`, sent: Date.parse(withdrawn.at) };
  const message = cancel ?? last;
  const before = cancel === undefined ? all.slice(0, -1) : all;
  // The newest predecessor is named even when it has expired: an Update or a Cancel must refer to something.
  const living = before.filter((one, at) => one.sent + EXPIRES > message.sent || at === before.length - 1);
  const sender = senderOf(response);
  const references = living.map((one) => `${sender},${one.identifier},${capTime(one.sent)}`).join(' ');
  const type = cancel !== undefined ? 'Cancel' : before.length > 0 ? 'Update' : 'Alert';
  return `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>${xml(message.identifier)}</identifier>
  <sender>${xml(sender)}</sender>
  <sent>${capTime(message.sent)}</sent>
  <status>Actual</status>
  <msgType>${type}</msgType>
  <scope>Public</scope>
  <note>这是通报，不是预警。预警由县级以上人民政府发布。</note>
${references === '' ? '' : `  <references>${xml(references)}</references>\n`}  <incidents>${xml(response.matter)}</incidents>
${info({ response, revision, origin, sent: message.sent })}</alert>
`;
}
