import type { Text } from '#shared/responses/responses.events.ts';
import { sectionsOf, type SectionKey } from '#shared/responses/responses.text.ts';

/* What changed since the last version, for the eye of whoever signs. */

/** A piece of text; `isNew` where the version before did not have it. */
export interface Piece {
  text: string;
  isNew: boolean;
}

interface MarkedBlock {
  type: 'paragraph' | 'item' | 'step';
  pieces: readonly Piece[];
}

interface MarkedSection {
  key: SectionKey | undefined;
  title: string;
  blocks: readonly MarkedBlock[];
}

export interface MarkedText {
  headline: readonly Piece[];
  sections: readonly MarkedSection[];
}

/** Clauses with their marks: small enough to show one changed figure, large enough to be read. */
const clausesOf = (text: string): string[] => text.match(/[^，。；！？：,;!?]+[，。；！？：,;!?]*\s*/g) ?? [text];

/** A figure that changed must show even where only the mark behind it is the same. */
const bare = (clause: string): string => clause.replace(/[，。；！？：,;!?\s]/g, '');

function piecesOf(text: string, known: ReadonlySet<string> | undefined): Piece[] {
  const pieces: Piece[] = [];
  for (const clause of clausesOf(text)) {
    const isNew = known !== undefined && bare(clause) !== '' && !known.has(bare(clause));
    const last = pieces.at(-1);
    if (last?.isNew === isNew) last.text += clause;
    else pieces.push({ text: clause, isNew });
  }
  return pieces;
}

/** The text with what `before` did not say marked; without `before` nothing is. */
export function markChanges(before: Text | undefined, after: Text): MarkedText {
  const lines = before && [before.headline, ...before.blocks.map((block) => block.text)];
  const known = lines && new Set(lines.flatMap(clausesOf).map(bare));
  return {
    headline: piecesOf(after.headline, known),
    sections: sectionsOf(after.blocks).map(({ key, title, blocks }) => ({
      key,
      title,
      blocks: blocks.map(({ type, text }) => ({
        type: type === 'heading' ? 'paragraph' : type,
        pieces: piecesOf(text, known),
      })),
    })),
  };
}
