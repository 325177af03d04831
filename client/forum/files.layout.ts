import type { FileFacts } from '#shared/wire/files.ts';

/** Longest side of a picture in a message, in px. */
const SIDE = 240;

/** How large a picture stands in a message: scaled down, never up, so that its place is kept before it comes. */
export function boxOf({ width, height }: Pick<FileFacts, 'width' | 'height'>): { width: number; height: number } {
  const [wide, high] = [width ?? SIDE, height ?? SIDE];
  const scale = Math.min(1, SIDE / wide, SIDE / high);
  return { width: Math.max(1, Math.round(wide * scale)), height: Math.max(1, Math.round(high * scale)) };
}
