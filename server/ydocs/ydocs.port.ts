import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type * as Y from 'yjs';
import type { Actor } from '#shared/people/people.rules.ts';
import type { AppError } from '#shared/wire/error.ts';
import type { Caller } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { Log } from '#server/platform/log.ts';
import type { Store } from '#server/platform/store.ts';
import type { Streams } from '#server/platform/streams.ts';

/* What live documents offer to the features that own them, and what they ask of whoever puts them together. */

/** A mark on a piece of text, as ProseMirror writes it. */
export interface TextMark {
  type: string;
  attrs?: Readonly<Record<string, unknown>>;
}

/** A node as ProseMirror writes it; `text` and `marks` on text nodes alone. */
export interface TextNode {
  type: string;
  attrs?: Readonly<Record<string, unknown>>;
  content?: readonly TextNode[];
  text?: string;
  marks?: readonly TextMark[];
}

/** What a document says: its XML fragments by name, and their words, one line a block. */
export interface DocText {
  fragments: Readonly<Record<string, TextNode>>;
  text: string;
}

/** What somebody may do with a document; `state` is the owner's word for it and reaches the client as it is. */
export interface DocAccess {
  role: 'read' | 'edit';
  state: string;
}

/** A document as its owner knows it: `owner` is what `create` was told, such as `meeting:<id>`. */
export interface DocRef {
  id: string;
  owner: string;
}

/** The command a change of the document follows from; a repeat under the same id changes nothing. */
export interface DocCommand {
  id: string;
  actor: string;
}

export interface Sealed extends DocText {
  /** Seq of the seal: the text below it is the text meant. */
  seq: number;
  /** The whole document as a Yjs update. */
  update: Uint8Array;
  /** Everybody who changed the document, sorted; the server's own seeding is nobody's. */
  contributors: readonly string[];
}

/** Which connections to ask again about. */
export interface Connected {
  person: string;
  session: string;
  doc: string;
}

export interface YDocs {
  /** Makes a document that begins as `seed` leaves it (or with that update); does nothing where it exists. */
  create: (
    doc: string,
    seed: Uint8Array | ((doc: Y.Doc) => void),
    by: { owner: string; actor: string },
  ) => Promise<void>;
  /** The text, all of it durable, and the seq it stands at. Throws `not_found`. */
  read: (doc: string) => Promise<DocText & { seq: number }>;
  /** Whether edits are refused. False for a document that does not exist. */
  isSealed: (doc: string) => Promise<boolean>;
  /**
   * Whether the seal is ten seconds old, so that nobody can still be about to write the event it was made for, on
   * another process either. Such a seal without its event was left by a crash.
   */
  isLeftSealed: (doc: string) => Promise<boolean>;
  /** An edit by the server, relayed and stored like any other. Throws `locked` on a sealed document. */
  edit: (doc: string, by: DocCommand, change: (doc: Y.Doc) => void) => Promise<void>;
  /** Refuses edits from here on and answers with the text below the seal. A sealed document answers the same again. */
  seal: (doc: string, by: DocCommand) => Promise<Sealed>;
  /** Takes edits again. */
  unseal: (doc: string, by: DocCommand) => Promise<void>;
  /** Everybody who changed the document, or did so after `sinceSeq`. */
  contributors: (doc: string, sinceSeq?: number) => Promise<string[]>;
  /** Asks again who may do what; whoever lost a right keeps what is left of it or is closed. */
  recheck: (which?: (connected: Connected) => boolean) => Promise<void>;
  /** Closes the connections whose caller came with this key: their pages come back, as whoever they are then. */
  cut: (key: string) => void;
  /** Takes over an upgrade of `/collab/<doc>`; its Origin has been checked. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, doc: string) => void;
  /** Completes such an upgrade only to close it: `rate_limited` with 4529, anything else with 4503. */
  turnAway: (request: IncomingMessage, socket: Duplex, head: Buffer, error: AppError) => void;
  /** Finishes what was begun, then closes every connection (1001). */
  close: () => Promise<void>;
}

/** Waits and limits that tests shorten. All in ms. */
export interface Tuning {
  /** An idle document leaves memory. */
  evictAfter: number;
  /** Silence a client never hears. */
  heartbeat: number;
  /** Everybody's rights are asked again. */
  sweep: number;
  /** A failing append is tried so long. */
  retryFor: number;
  /** A gap is held so long. */
  gapFor: number;
  /** A client that does not read is endured so long. */
  slowFor: number;
  /** Connections are looked after so often. */
  tend: number;
  /** What other processes wrote is looked for so often. */
  poll: number;
}

export interface YDocsDeps {
  streams: Streams;
  db: Store;
  clock: Clock;
  log: Log;
  /** The session behind a request, as of now; undefined when it has ended. `isUse`: somebody did something. */
  callerOf: (request: IncomingMessage, isUse: boolean) => Promise<Caller | undefined>;
  /** A person's right to a document; undefined means no and not there alike. */
  access: (actor: Actor, doc: DocRef) => Promise<DocAccess | undefined>;
  /** Rises whenever anybody's rights may have changed: whoever was asked before is asked again before they are shown more. */
  rightsVersion?: () => number;
  /** How others see a person. */
  cardOf: (person: string) => { name: string; role: string | null };
  /** False lifts the limits on rates and connections: for benchmarks on loopback. */
  limited: boolean;
  tuning?: Partial<Tuning>;
}
