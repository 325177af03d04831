import * as v from 'valibot';
import { Id } from '#shared/wire/define.ts';
import { LEVELS, ROLES } from './people.policy.ts';

const Appointed = v.object({
  /** The command that proposed it, where a second administrator had to confirm. */
  appointment: Id,
  person: Id,
  role: v.picklist(ROLES),
  from: v.string(),
  until: v.nullable(v.string()),
  secondBy: v.optional(v.string()),
  /** It gives nothing until its holder is vouched for (vouching.rules.ts); by whom it was proposed. */
  vouch: v.optional(Id),
});

/** Events on `unit:<id>` that are the unit's own: what it is and who holds which post. */
export const unitEvents = {
  'people.founded': v.object({
    code: v.string(),
    name: v.string(),
    level: v.picklist(LEVELS),
    parent: v.nullable(Id),
    /** Valid from then on; without it, from the event on. */
    from: v.optional(v.string()),
  }),
  'people.renamed': v.object({ name: v.string() }),
  /** Closed from `at` on; the first successor takes its place. Said again before that day, the later word counts. */
  'people.closed': v.object({ at: v.string(), successors: v.array(Id), reason: v.string() }),
  'people.proposed': v.object({ ...Appointed.entries, secondBy: v.optional(v.never()) }),
  'people.appointed': Appointed,
  /** `reason` where one was given. */
  'people.ended': v.object({ appointment: Id, reason: v.optional(v.string()) }),
};

/** Events on `person:<id>` that are the person's own, beside the pointers other features put into the inbox. */
interface PersonEvents {
  /**
   * `unit` is where they were enrolled: who holds no post yet is looked for there. `salt` is 16 random bytes, hex: they
   * go with what is erased, so that its hash, which stays, confirms nobody's guess at a name. Older events have none.
   */
  'people.enrolled': { login: string; name: string; unit?: string; salt?: string };
  'people.suspended': { reason: string; salt?: string };
  'people.reactivated': { reason: string; salt?: string };
  'people.closing_asked': Record<string, never>;
  'people.closing_withdrawn': Record<string, never>;
  /**
   * The account is closed. `erases` are seqs on this stream whose data goes with it; `login` is what the sign-in name is
   * known by from then on, under the hub's key: nobody else will be called by it.
   */
  'people.erased': { erases: readonly number[]; login: string };
  'people.delegated': {
    delegation: string;
    principal: string;
    unit: string;
    from: string;
    until: string;
    reason: string;
  };
  'people.accepted': { delegation: string };
  /** By whoever was asked. */
  'people.declined': { delegation: string };
  /** By whoever gave it. */
  'people.revoked': { delegation: string };
  /** By an administrator: a start password was set, or all sessions were ended. */
  'people.password_reset': Record<string, never>;
  'people.identity_bound': { bound: boolean };
  'people.sessions_ended': Record<string, never>;
  /** One administrator asked for it; the factor stays until another confirms. */
  'people.factor_reset_asked': { reason: string; salt?: string };
  /** Another did not agree, or whoever asked took it back; `asked` is the event. */
  'people.factor_reset_declined': { asked: string };
  /** `asked` is the event that asked for it; null: by the operator of the machine. */
  'people.factor_reset': { asked: string | null };
  /** By its person, who was vouched for with it. */
  'people.factor_dropped': Record<string, never>;
  /** By an administrator, who hands it over: a code that vouches for this person. */
  'people.code_given': Record<string, never>;
  /** The person showed it, with a second factor of theirs. `given` is the event, `by` who handed it over. */
  'people.vouched': { given: string; by: string };
}

type UnitEvents = { [T in keyof typeof unitEvents]: v.InferOutput<(typeof unitEvents)[T]> };
export type PeopleData = UnitEvents & PersonEvents;
