import type { Block, Text } from '#shared/responses/responses.events.ts';
import type { Response } from '#shared/responses/responses.rules.ts';
import { SECTIONS, TEMPLATES, type SectionKey } from '#shared/responses/responses.text.ts';
import type { IncidentRead } from './responses.incident.ts';

const paragraphs = (lines: readonly string[]): Block[] =>
  (lines.length > 0 ? lines : ['']).map((text) => ({ type: 'paragraph', text }));

type Answers = Pick<IncidentRead, 'known' | 'unknown' | 'doing'>;

const section = (key: SectionKey, answers: Answers): Block[] => {
  const said = key === 'known' || key === 'unknown' || key === 'doing' ? answers[key] : null;
  return [{ type: 'heading', text: SECTIONS[key].zh }, ...paragraphs(said?.split('\n') ?? [])];
};

/** A heading with nothing under it gets an empty line: a place to write. */
const withPlaces = (blocks: readonly Block[]): Block[] =>
  blocks.flatMap((block, at) => {
    const isBare = block.type === 'heading' && (blocks[at + 1]?.type ?? 'heading') === 'heading';
    return isBare ? [block, ...paragraphs([])] : [block];
  });

/**
 * What a draft begins with: the sections its kind requires, filled in where the incident answers them. A correction
 * begins with the text it corrects; a retraction with an empty page, since its text is the notice.
 */
export function seedFor(state: Response, answers: Answers): Text {
  const last = state.revisions.at(-1);
  if (state.correction !== null && last !== undefined) {
    const { headline, blocks } = last.text;
    return { headline, blocks: state.correction.class === 'retraction' ? paragraphs([]) : withPlaces(blocks) };
  }
  return { headline: state.title, blocks: TEMPLATES[state.kind].flatMap((key) => section(key, answers)) };
}
