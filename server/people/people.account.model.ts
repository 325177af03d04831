import type { Connection, mongo } from 'mongoose';
import type { CredentialRow, SessionRow } from './people.model.ts';

export type AccountModel = ReturnType<typeof createAccountModel>;

/** What proves who somebody is, and where they are signed in. The collections are made by `people.model.ts`. */
export function createAccountModel(db: Connection) {
  const credentials = db.model('Credential').collection as unknown as mongo.Collection<CredentialRow>;
  const sessions = db.model('Session').collection as unknown as mongo.Collection<SessionRow>;
  const identities = db.model('Identity').collection as unknown as mongo.Collection<{ _id: string; person: string }>;
  const change = async (filter: object, by: mongo.UpdateFilter<CredentialRow>): Promise<boolean> =>
    (await credentials.updateOne(filter, by)).matchedCount === 1;

  return {
    credentialOf: (person: string): Promise<CredentialRow | null> => credentials.findOne({ _id: person }),

    /** A password they chose at a moment, ms, in place of one they have shown. False: that is theirs no more. */
    changePassword: (person: string, from: string, { hash, at }: { hash: string; at: number }): Promise<boolean> =>
      change({ _id: person, hash: from }, { $set: { hash, start: false, set: at } }),

    /** A start password somebody else gave at a moment, ms. False: they have none, or chose one since. */
    givePassword: (person: string, { hash, at }: { hash: string; at: number }): Promise<boolean> =>
      change(
        { _id: person, $or: [{ set: { $exists: false } }, { set: { $lt: at } }] },
        { $set: { hash, start: true, set: at } },
      ),

    /** The seed being enrolled; it counts for nothing before a code of it was shown. */
    setPending: (person: string, pending: string): Promise<boolean> => change({ _id: person }, { $set: { pending } }),

    /** The seed counts from now on, if it is still the one that was shown. */
    setFactor: (
      person: string,
      { pending, step, since, recovery }: { pending: string; step: number; since: number; recovery: string[] },
    ): Promise<boolean> =>
      change({ _id: person, pending }, { $set: { seed: pending, step, since, recovery }, $unset: { pending: '' } }),

    /** The one enrolled by a moment, ms; a later one stays. */
    dropFactor: (person: string, by: number): Promise<boolean> =>
      change(
        { _id: person, since: { $lte: by } },
        { $unset: { seed: '', step: '', since: '', recovery: '', pending: '' } },
      ),

    setRecovery: (person: string, recovery: string[]): Promise<boolean> =>
      change({ _id: person }, { $set: { recovery } }),

    /** False where this step or a later one was used before, by whatever process. */
    useStep: (person: string, step: number): Promise<boolean> =>
      change({ _id: person, step: { $lt: step } }, { $set: { step } }),

    /** False where this code was used before, or never given. */
    useRecovery: (person: string, recovery: string): Promise<boolean> =>
      change({ _id: person, recovery }, { $pull: { recovery } }),

    /** What the code is known by that vouches for them, or none. */
    setVouch: (person: string, vouch: CredentialRow['vouch']): Promise<boolean> =>
      change({ _id: person }, vouch === undefined ? { $unset: { vouch: '' } } : { $set: { vouch } }),

    /** All that let somebody in, and who they were elsewhere. */
    drop: async (person: string): Promise<void> => {
      await credentials.deleteOne({ _id: person });
      await identities.deleteMany({ person });
    },

    sessionsOf: (person: string): Promise<SessionRow[]> => sessions.find({ person }).toArray(),
    sessionOf: (person: string, id: string): Promise<SessionRow | null> => sessions.findOne({ person, id }),

    /** Who signs in with an identity of another provider. */
    boundTo: async (identity: string): Promise<string | undefined> =>
      (await identities.findOne({ _id: identity }))?.person,
    /** E11000 where the identity is somebody's already. */
    bind: async (identity: string, person: string): Promise<void> => {
      await identities.insertOne({ _id: identity, person });
    },
    isBound: async (person: string): Promise<boolean> => (await identities.findOne({ person })) !== null,
    unbind: async (person: string): Promise<void> => {
      await identities.deleteMany({ person });
    },
  };
}
