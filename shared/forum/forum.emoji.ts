/** The fixed set of reactions (contract: Limits). Few enough to be said aloud, none that grades a person. */
export const EMOJI = ['👍', '👏', '🙏', '❤️', '😄', '😢', '✅', '❓'] as const;
export type Emoji = (typeof EMOJI)[number];
