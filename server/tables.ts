/*
 * What a store holds besides events. Collections named here are no projections: nothing else knows what is in them, so
 * an export takes them along. Sessions stay behind, since who moves a hub signs in again; all the rest is made anew.
 */
export const KEPT = ['credentials', 'pointers', 'checkpoints'] as const;
