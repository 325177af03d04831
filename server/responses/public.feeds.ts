import { isShown } from '#shared/responses/responses.text.ts';
import type { PublicResponse, PublicRevision } from '#shared/responses/responses.view.ts';
import { publicWords } from './public.words.ts';

/* Atom (RFC 4287) and JSON Feed 1.1 from the public model: one entry per published version, which never changes its id. */

const words = publicWords('zh');

export interface Feed {
  origin: string;
  responses: readonly PublicResponse[];
}

interface Entry {
  id: string;
  title: string;
  url: string;
  /** The other versions and the unit: what belongs to the same matter. */
  related: string;
  published: string;
  updated: string;
  author: string;
  text: string;
}

const ENTRIES = 100;

/** What XML 1.0 cannot carry at all: one such character in a name would make the whole feed unreadable. */
const UNFIT = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** Escapes for XML text and attributes. */
export const xml = (text: string): string =>
  text.replace(UNFIT, '').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** One id for one version, for ever (RFC 4151); it survives a rebuild and a change of address. */
const entryId = (code: string, n: number): string => `tag:linli,2026:response/${code}/rev/${n}`;

const textOf = ({ sections }: PublicRevision): string =>
  sections
    .filter(isShown)
    .map(({ title, blocks }) => [title, ...blocks.map((block) => block.text)].filter((line) => line !== '').join('\n'))
    .join('\n\n');

function toEntry(response: PublicResponse, revision: PublicRevision, origin: string): Entry {
  const { code, withdrawn, unit } = response;
  const { n, kind, headline, publishedAt, by } = revision;
  const page = `${origin}/public/responses/${code}`;
  const label = withdrawn === null ? words.kinds[kind] : words.fates.withdrawn;
  return {
    id: entryId(code, n),
    title: `【${label}】${headline}`,
    url: `${page}?rev=${n}`,
    related: page,
    published: publishedAt,
    updated: withdrawn?.at ?? publishedAt,
    author: `${by.name}，${by.unit}${by.post}`,
    text: withdrawn === null ? textOf(revision) : `${words.withdrawnTitle}。${withdrawn.reason}\n${unit.name}`,
  };
}

/** Every version but corrected typos, which are not announced (incidents §3.8); the newest first. */
function entriesOf({ origin, responses }: Feed): Entry[] {
  return responses
    .flatMap((response) =>
      response.revisions
        .filter((revision) => revision.correction?.class !== 'typo')
        .map((revision) => toEntry(response, revision, origin)),
    )
    .sort((a, b) => (a.updated < b.updated ? 1 : -1))
    .slice(0, ENTRIES);
}

const NEVER = '1970-01-01T00:00:00Z';

export function atomFeed(feed: Feed): string {
  const { origin } = feed;
  const entries = entriesOf(feed);
  const items = entries.map(
    (entry) => `  <entry>
    <id>${xml(entry.id)}</id>
    <title>${xml(entry.title)}</title>
    <link rel="alternate" type="text/html" href="${xml(entry.url)}"/>
    <link rel="related" type="text/html" href="${xml(entry.related)}"/>
    <published>${entry.published}</published>
    <updated>${entry.updated}</updated>
    <author><name>${xml(entry.author)}</name></author>
    <content type="text">${xml(entry.text)}</content>
  </entry>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">
  <id>tag:linli,2026:responses</id>
  <title>${words.product} · ${words.publicTitle}</title>
  <link rel="self" type="application/atom+xml" href="${xml(origin)}/public/feed.atom"/>
  <link rel="alternate" type="text/html" href="${xml(origin)}/public"/>
  <updated>${entries[0]?.updated ?? NEVER}</updated>
${items.join('\n')}
</feed>
`;
}

export function jsonFeed(feed: Feed): object {
  const { origin } = feed;
  return {
    version: 'https://jsonfeed.org/version/1.1',
    title: `${words.product} · ${words.publicTitle}`,
    home_page_url: `${origin}/public`,
    feed_url: `${origin}/public/feed.json`,
    language: 'zh-CN',
    items: entriesOf(feed).map((entry) => ({
      id: entry.id,
      url: entry.url,
      title: entry.title,
      content_text: entry.text,
      date_published: entry.published,
      date_modified: entry.updated,
      authors: [{ name: entry.author }],
    })),
  };
}
