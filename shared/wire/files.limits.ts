/* What a page must know of files before it asks the hub; without the schemas, which weigh more than all of this. */

/** The largest file, in bytes as it is sent (contract: Limits). */
export const MAX_FILE_BYTES = 20 * 1024 * 1024;
/** Files one event may name: what a phone's picker offers at once. */
export const MAX_FILES = 9;

/** Pictures that a browser shows in a page; everything else is saved. */
export const PICTURES = ['image/jpeg', 'image/png', 'image/webp'] as const;

export const isPicture = ({ type }: { type: string }): boolean => (PICTURES as readonly string[]).includes(type);
