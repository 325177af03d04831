import type { EventType } from './responses.events.ts';

/* The state machine of a response (incidents §3.3): one table says which event may follow in which state. */

export const STATES = [
  'none',
  'draft',
  'in_review',
  'changes_requested',
  'approved',
  'scheduled',
  'publishing',
  'publish_blocked',
  'publish_missed',
  'published',
  'withdrawing',
  'withdrawn',
] as const;
export type ResponseState = (typeof STATES)[number];

const NOWHERE: Record<EventType, null> = {
  drafted: null,
  submitted: null,
  returned: null,
  reopened: null,
  approved: null,
  scheduled: null,
  unscheduled: null,
  publishing: null,
  published: null,
  publish_blocked: null,
  publish_missed: null,
  correcting: null,
  withdrawing: null,
  withdrawn: null,
};

/** Nothing went out and the text has not changed: people sign again, choose another moment, or publish now. */
const STOPPED = {
  ...NOWHERE,
  reopened: 'draft',
  returned: 'changes_requested',
  approved: 'approved',
  scheduled: 'scheduled',
  publishing: 'publishing',
  withdrawing: 'withdrawing',
} as const;

/** Where each event leads; null: it cannot happen there. `approved` leads there once the signatures are enough. */
export const TRANSITIONS: Readonly<Record<ResponseState, Readonly<Record<EventType, ResponseState | null>>>> = {
  none: { ...NOWHERE, drafted: 'draft' },
  draft: { ...NOWHERE, submitted: 'in_review', withdrawing: 'withdrawing' },
  changes_requested: { ...NOWHERE, submitted: 'in_review', withdrawing: 'withdrawing' },
  in_review: {
    ...NOWHERE,
    reopened: 'draft',
    returned: 'changes_requested',
    approved: 'approved',
    withdrawing: 'withdrawing',
  },
  approved: {
    ...NOWHERE,
    reopened: 'draft',
    returned: 'changes_requested',
    approved: 'approved', // a signature given again, on facts that have moved
    scheduled: 'scheduled',
    publishing: 'publishing',
    withdrawing: 'withdrawing',
  },
  scheduled: {
    ...NOWHERE,
    reopened: 'draft',
    returned: 'changes_requested',
    approved: 'scheduled', // a signature given again, so that it still holds at the moment
    unscheduled: 'approved',
    publishing: 'publishing',
    publish_blocked: 'publish_blocked',
    publish_missed: 'publish_missed',
    withdrawing: 'withdrawing',
  },
  publishing: { ...NOWHERE, published: 'published', publish_blocked: 'publish_blocked' },
  publish_blocked: STOPPED,
  publish_missed: STOPPED,
  published: { ...NOWHERE, correcting: 'draft', withdrawing: 'withdrawing' },
  withdrawing: { ...NOWHERE, returned: 'published', reopened: 'published', withdrawn: 'withdrawn' },
  withdrawn: NOWHERE,
};
