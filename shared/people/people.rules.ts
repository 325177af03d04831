import { POLICY, type Action, type Column, type Role } from './people.policy.ts';
import type { Unit } from './people.schema.ts';

/** An appointment as the policy sees it: `path` is the unit and everything above it, the unit first. */
export interface Appointment {
  role: Role;
  unit: string;
  path: readonly string[];
  from: string;
  until: string | null;
}

/** An accepted delegation: the holder acts for `principal` in `unit` while it runs (DESIGN §1: `deputy`). */
export interface Delegation {
  principal: string;
  unit: string;
  path: readonly string[];
  from: string;
  until: string;
}

/** Who asks. Built from the session on the server, never from what a client sends. */
export interface Actor {
  person: string;
  appointments: readonly Appointment[];
  delegations: readonly Delegation[];
  /** A post of theirs gives nothing yet: it begins when they are vouched for. */
  begins?: true;
  /** Others may have had the account until then: what was done with it before counts for nothing that is still open. */
  anew?: string | undefined;
}

/** Whoever is not there, or not any more: holds nothing and may nothing. */
export const NOBODY: Actor = { person: '', appointments: [], delegations: [] };

/**
 * Whoever sent a command, without their posts: which they hold is looked up in the turn it is decided in. What takes a
 * `Sender` cannot ask a right of posts that may have ended on the way.
 */
export type Sender = Pick<Actor, 'person'>;

/** The unit an object belongs to: `path` with the unit first. `audience` widens reading to units below. */
export interface Scope {
  path: readonly string[];
  audience?: 'unit' | 'subtree';
}

/** The tree of units as features see it: answers are immediate, from what this process holds. */
export interface UnitTree {
  /**
   * The unit and everything above it, the unit first; empty for a unit that does not exist. For one that is closed, the
   * path of its successor: what belonged to it is judged as if it belonged there.
   */
  path: (unit: string) => readonly string[];
  get: (unit: string) => Unit | undefined;
  /** The unit and everything below it. */
  subtree: (unit: string) => readonly string[];
  /** The unit and those it stands for since they closed: what is kept under their ids belongs to it. */
  inPlaceOf: (unit: string) => readonly string[];
  /** Closed units that came to stand here or below from elsewhere: what was listed then is listed elsewhere still. */
  takenOver: (unit: string) => readonly string[];
}

/** S the same unit, D the object is below the appointment's unit, A above it, X elsewhere. */
export type Relation = 'S' | 'D' | 'A' | 'X';

/** One reason why somebody may do something; `role` is what a by-line shows. */
export interface Grant {
  role: Column;
  unit: string;
  /** The principal, where the right comes from a delegation. */
  principal?: string;
}

/** Where an object's unit stands, seen from the unit of an appointment. */
function relation(object: readonly string[], appointment: readonly string[]): Relation {
  const [unit] = object;
  const [own] = appointment;
  if (unit === undefined || own === undefined) return 'X';
  if (unit === own) return 'S';
  if (object.includes(own)) return 'D';
  return appointment.includes(unit) ? 'A' : 'X';
}

/** Begun and not over. Moments are compared as times, so that zones do not matter. */
export function inForce(dated: { from: string; until: string | null }, now: Date): boolean {
  return Date.parse(dated.from) <= now.getTime() && (dated.until === null || now.getTime() < Date.parse(dated.until));
}

function allows(action: Action, role: Column, where: Relation, scope: Scope): boolean {
  const cells: Partial<Record<Column, string>> = POLICY[action];
  const cell = cells[role] ?? '';
  if (where === 'X') return false;
  return cell.includes(where) || (where === 'A' && cell.includes('a') && scope.audience === 'subtree');
}

/**
 * Every appointment and delegation in force that gives `action` on something in `scope`; empty means no. Default
 * deny: an action or a role without a cell gives nothing.
 */
export function grants(actor: Actor, action: Action, scope: Scope, now: Date): Grant[] {
  const found: Grant[] = [];
  for (const held of actor.appointments) {
    if (!inForce(held, now)) continue;
    if (allows(action, held.role, relation(scope.path, held.path), scope)) {
      found.push({ role: held.role, unit: held.unit });
    }
  }
  for (const held of actor.delegations) {
    if (!inForce(held, now)) continue;
    if (allows(action, 'deputy', relation(scope.path, held.path), scope)) {
      found.push({ role: 'deputy', unit: held.unit, principal: held.principal });
    }
  }
  return found;
}

/** May this actor do this to something in this scope, now? The one question asked everywhere. */
export function may(actor: Actor, action: Action, scope: Scope, now: Date): boolean {
  return grants(actor, action, scope, now).length > 0;
}

/** For objects that touch several units (an incident): a right that holds for one of them counts. */
export function mayAny(actor: Actor, action: Action, scopes: readonly Scope[], now: Date): boolean {
  return scopes.some((scope) => may(actor, action, scope, now));
}
