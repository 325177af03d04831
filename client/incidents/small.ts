/** The actions that take one short sheet. */
export const SMALL = ['note', 'report', 'regrade', 'verify', 'resolve', 'dismiss'] as const;
export type SmallAction = (typeof SMALL)[number];

/** The event each of them leaves. */
export const EVENT_OF = {
  note: 'noted',
  report: 'reported',
  regrade: 'regraded',
  verify: 'verified',
  resolve: 'resolved',
  dismiss: 'dismissed',
} as const satisfies Record<SmallAction, string>;
