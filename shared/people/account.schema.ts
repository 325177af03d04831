import * as v from 'valibot';
import { command, Id, line, query } from '#shared/wire/define.ts';
import { Done, Password, PASSWORD_FAULTS } from './people.schema.ts';

/** Of an authenticator or of the paper: six digits, or sixteen characters with dashes. */
const Code = line(20);
/** One that exists may be shorter than a new one has to be. */
const Known = line(128);
const Nothing = v.strictObject({});
const Recovery = v.object({ recovery: v.array(v.string()) });

const Device = v.object({
  id: Id,
  /** What the browser calls itself. */
  device: v.string(),
  address: v.string(),
  since: v.string(),
  /** The day it was last used, no more: nobody's hours are kept here. */
  lastDay: v.string(),
  current: v.boolean(),
});
export type Device = v.InferOutput<typeof Device>;

const Account = v.object({
  login: v.string(),
  name: v.string(),
  /** What this session must do before anything else. */
  need: v.nullable(v.picklist(['password', 'code', 'factor'])),
  factor: v.nullable(v.object({ since: v.string(), recovery: v.number() })),
  /** Their posts want a second factor, and a longer password. */
  privileged: v.boolean(),
  /** They have none because it was reset for them, then. */
  reset: v.nullable(v.string()),
});
export type Account = v.InferOutput<typeof Account>;

const Means = v.object({
  factor: v.boolean(),
  /** There is another provider; whether an identity of it is theirs. */
  provider: v.boolean(),
  bound: v.boolean(),
  /** A reset of the second factor that waits for a second administrator. */
  reset: v.nullable(v.object({ id: Id, by: Id, at: v.string(), reason: v.string() })),
  /** Posts of theirs begin with a code that the asker may hand over, or that somebody else has to; null: none does. */
  vouch: v.nullable(v.picklist(['yours', 'another'])),
});
export type Means = v.InferOutput<typeof Means>;

/** Signing in and all that protects it: one's own account, and what an administrator does for somebody else's. */
export const accountTable = {
  account: query({ action: 'own-account', input: Nothing, output: Account }),
  sessions: query({ action: 'signed-in', input: Nothing, output: v.object({ sessions: v.array(Device) }) }),
  'step-up': command({
    action: 'own-account',
    input: v.strictObject({ code: v.optional(Code), password: v.optional(Known) }),
    output: v.object({}),
    errors: ['people.over_http', 'people.code_wrong', 'people.code_needed', 'people.password_wrong'],
  }),
  'change-password': command({
    action: 'own-account',
    input: v.strictObject({ old: Known, password: Password }),
    output: v.object({}),
    errors: ['people.over_http', 'people.password_wrong', ...PASSWORD_FAULTS],
  }),
  'begin-factor': command({
    action: 'own-account',
    fresh: true,
    input: Nothing,
    output: v.object({ uri: v.string() }),
    errors: ['people.step_up'],
  }),
  'confirm-factor': command({
    action: 'own-account',
    fresh: true,
    // `old`: of the one that is replaced, or a recovery code.
    input: v.strictObject({ code: Code, old: v.optional(Code) }),
    output: Recovery,
    errors: ['people.step_up', 'people.over_http', 'people.code_wrong', 'people.old_code_wrong'],
  }),
  'renew-recovery': command({
    action: 'signed-in',
    fresh: true,
    input: Nothing,
    output: Recovery,
    errors: ['people.step_up'],
  }),
  'drop-factor': command({
    action: 'signed-in',
    fresh: true,
    input: Nothing,
    output: v.object({}),
    errors: ['people.step_up', 'people.factor_required'],
  }),
  'end-session': command({ action: 'signed-in', input: v.strictObject({ session: Id }), output: v.object({}) }),
  'end-other-sessions': command({ action: 'signed-in', input: Nothing, output: v.object({ ended: v.number() }) }),
  'end-sessions': command({
    action: 'user.reset',
    input: v.strictObject({ id: Id, person: Id }),
    output: v.object({ seq: v.number(), ended: v.number() }),
  }),
  'reset-password': command({
    action: 'user.reset',
    fresh: true,
    input: v.strictObject({ id: Id, person: Id, password: Password }),
    output: v.object({ seq: v.number() }),
    errors: ['people.no_factor_yet', 'people.step_up', 'people.not_self', ...PASSWORD_FAULTS],
  }),
  /** With which identity of the other provider somebody signs in; null: with none. */
  'bind-identity': command({
    action: 'user.reset',
    fresh: true,
    input: v.strictObject({ id: Id, person: Id, subject: v.nullable(line(255)) }),
    output: v.object({ seq: v.number() }),
    errors: ['people.no_factor_yet', 'people.step_up', 'people.not_self', 'people.identity_taken'],
  }),
  /** By what somebody signs in, for whoever may give them another way in. */
  means: query({ action: 'user.reset', input: v.strictObject({ person: Id }), output: Means }),
  /** For somebody who lost telephone and recovery codes; done once a second administrator has confirmed it. */
  'reset-factor': command({
    action: 'user.reset',
    fresh: true,
    input: v.strictObject({ id: Id, person: Id, reason: line(200) }),
    output: Done,
    errors: ['people.step_up', 'people.not_self', 'people.already_so', 'people.no_second'],
  }),
  'confirm-reset': command({
    action: 'user.reset',
    fresh: true,
    input: v.strictObject({ id: Id, person: Id, reset: Id }),
    output: Done,
    errors: ['people.step_up', 'people.not_self', 'people.nothing_to_confirm'],
  }),
  /** Instead of confirming it, or to take it back. */
  'decline-reset': command({
    action: 'user.reset',
    input: v.strictObject({ id: Id, person: Id, reset: Id }),
    output: Done,
    errors: ['people.not_self', 'people.nothing_to_confirm'],
  }),
  /** A code that vouches for somebody: whoever asks for it hands it to them in person. It holds until that moment. */
  'give-code': command({
    action: 'user.reset',
    fresh: true,
    input: v.strictObject({ id: Id, person: Id }),
    output: v.object({ seq: v.number(), code: v.string(), until: v.string() }),
    errors: [
      ...['people.step_up', 'people.not_self', 'people.nothing_to_confirm'],
      ...['people.gave_way_in', 'people.already_so'],
    ],
  }),
  /** Shows it: one's own posts that waited for it begin. */
  'take-up': command({
    action: 'signed-in',
    fresh: true,
    input: v.strictObject({ id: Id, code: Code }),
    output: v.object({}),
    errors: ['people.step_up', 'people.factor_first', 'people.nothing_to_confirm', 'people.vouch_code_wrong'],
  }),
};
