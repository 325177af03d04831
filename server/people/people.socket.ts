import type { Caller } from '#server/platform/caller.ts';
import { mayUse } from '#shared/people/account.rules.ts';
import type { accountTable } from '#shared/people/account.schema.ts';
import type { closingTable } from '#shared/people/closing.schema.ts';
import type { delegationsTable } from '#shared/people/delegations.schema.ts';
import type { peopleTable } from '#shared/people/people.schema.ts';
import type { staffTable } from '#shared/people/staff.schema.ts';
import type { unitsTable } from '#shared/people/units.schema.ts';
import type { Bindings } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import type { AccountService } from './people.account.ts';
import type { MyData } from './my-data.service.ts';
import type { Resets } from './people.resets.ts';
import type { PeopleService } from './people.service.ts';
import type { Vouching } from './people.vouching.ts';

interface Parts {
  account: AccountService;
  resets: Resets;
  vouching: Vouching;
}

/** Verbs that a session may use which must do something first are narrowed here to what it must do. */
function needed<T extends Bindings<typeof accountTable, Caller>>(bindings: T): T {
  const narrowed = Object.entries(bindings).map(([verb, call]) => [
    verb,
    (caller: Caller, input: never) => {
      if (!mayUse(caller.need, verb)) throw new AppError('unauthenticated');
      return (call as (caller: Caller, input: never) => Promise<object>)(caller, input);
    },
  ]);
  return Object.fromEntries(narrowed) as T;
}

export function accountBindings({ account, resets, vouching }: Parts): Bindings<typeof accountTable, Caller> {
  return needed({
    account: account.account,
    sessions: account.sessions,
    'step-up': account.stepUp,
    'change-password': account.changePassword,
    'begin-factor': account.beginFactor,
    'confirm-factor': account.confirmFactor,
    'renew-recovery': account.renewRecovery,
    'drop-factor': account.dropFactor,
    'end-session': account.endSession,
    'end-other-sessions': account.endOthers,
    'end-sessions': ({ actor }, input) => resets.endSessions(actor, input),
    'bind-identity': ({ actor }, input) => resets.bindIdentity(actor, input),
    'reset-password': ({ actor }, input) => resets.resetPassword(actor, input),
    means: ({ actor }, input) => resets.means(actor, input),
    'reset-factor': ({ actor }, input) => resets.resetFactor(actor, input),
    'confirm-reset': ({ actor }, input) => resets.confirmReset(actor, input),
    'decline-reset': ({ actor }, input) => resets.declineReset(actor, input),
    'give-code': ({ actor }, input) => vouching.giveCode(actor, input),
    'take-up': (caller, input) => vouching.takeUp(caller, input),
  });
}

type PeopleTable = typeof peopleTable & typeof unitsTable & typeof staffTable & typeof delegationsTable;

export function closingBindings(people: PeopleService, myData: MyData): Bindings<typeof closingTable, Caller> {
  return {
    closing: async ({ actor }) => Promise.resolve(people.closing(actor)),
    'ask-closing': ({ actor }, input) => people.askClosing(actor, input),
    'withdraw-closing': ({ actor }, input) => people.withdrawClosing(actor, input),
    erase: ({ actor }, input) => people.erase(actor, input),
    'my-data': (caller, input) => myData.page(caller, input),
  };
}

export function peopleBindings(people: PeopleService): Bindings<PeopleTable, Caller> {
  return {
    me: ({ actor }) => Promise.resolve(people.me(actor)),
    units: () => Promise.resolve(people.units()),
    cards: (_, { ids }) => Promise.resolve(people.cards(ids.split(','))),
    members: async ({ actor }, { unit, as }) => Promise.resolve(people.members(actor, unit, as)),
    'create-unit': ({ actor }, input) => people.createUnit(actor, input),
    enrol: ({ actor }, input) => people.enrol(actor, input),
    appoint: ({ actor }, input) => people.appoint(actor, input),
    confirm: ({ actor }, input) => people.confirm(actor, input),
    end: ({ actor }, input) => people.end(actor, input),
    delegate: ({ actor }, input) => people.delegate(actor, input),
    accept: ({ actor }, input) => people.accept(actor, input),
    decline: ({ actor }, input) => people.decline(actor, input),
    revoke: ({ actor }, input) => people.revoke(actor, input),
    delegations: async ({ actor }) => Promise.resolve(people.delegations(actor)),
    'rename-unit': ({ actor }, input) => people.renameUnit(actor, input),
    'close-unit': ({ actor }, input) => people.closeUnit(actor, input),
    coverage: async ({ actor }, input) => Promise.resolve(people.coverage(actor, input)),
    suspend: ({ actor }, input) => people.suspend(actor, input),
    reactivate: ({ actor }, input) => people.reactivate(actor, input),
    staff: async ({ actor }, input) => Promise.resolve(people.staff(actor, input)),
    alike: async ({ actor }, input) => Promise.resolve(people.alike(actor, input)),
    roster: ({ actor }, input) => people.roster(actor, input),
    waiting: ({ actor }, input) => people.waiting(actor, input),
  };
}
