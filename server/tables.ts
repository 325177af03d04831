/*
 * What a store holds besides events. Collections named here are no projections: nothing else knows what is in them, so
 * an export takes them along and a rebuild leaves them alone. All the rest is made again from the events.
 */

export const KEPT = ['credentials', 'identities', 'pointers', 'files'] as const;

/** Bytes of files where those live in the store (GridFS). */
const BYTES = ['blobs.files', 'blobs.chunks'];

/** They stay with the store they are in: who moves a hub signs in again, and guesses from the beginning. */
export const STAYING = ['sessions', 'endings', 'guesses'] as const;

/** How far each consumer has come: without it everything is applied once more, which changes nothing. */
export const CHECKPOINTS = 'checkpoints';

/** Whether a collection can be made again from the events. */
export const isMadeAgain = (name: string): boolean => !['events', ...STAYING, ...BYTES, ...KEPT].includes(name);
