/** A time that begins and may end, as ISO strings: compared as moments, since they may be written in several ways. */
export interface Span {
  from: string;
  until: string | null;
}

export const later = (a: string, b: string): string => (Date.parse(a) < Date.parse(b) ? b : a);
export const earlier = (a: string, b: string | null): string => (b === null || Date.parse(a) < Date.parse(b) ? a : b);
