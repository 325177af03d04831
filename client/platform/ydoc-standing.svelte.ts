import { isFrozen, onlyReads, type Refusal } from './ydoc-refusal.ts';

/**
 * `opening`: nothing to show yet. `saving`: the server has not confirmed everything. `offline`: kept on this device.
 * `locked`: frozen for signing. `refused`: see `reason`.
 */
export type SavedState = 'opening' | 'saved' | 'saving' | 'offline' | 'readonly' | 'locked' | 'refused';

/** What a line says of itself. */
interface Seen {
  connected: boolean;
  failed: boolean;
  synced: boolean;
  receipts: { unsaved: boolean };
}

/** How a live text stands, as a page shows it. All of it reactive; the life of the text writes it. */
export class Standing {
  connected = $state(false);
  synced = $state(false);
  /** Something written here is not confirmed. */
  unsaved = $state(false);
  /** When the server last confirmed that it has everything, ms since 1970 by this machine's clock. */
  savedAt = $state<number>();
  /** `read`, `edit` … as the server says, from the copy while there is no line; '' if unknown. */
  role = $state('');
  docState = $state('');
  /** Why nothing, or not everything, gets in. */
  reason = $state<Refusal>();
  /** The server said a final word. */
  ended = $state(false);
  /** What is shown began with this device's copy. */
  restored = $state(false);
  #failed = $state(false);

  get ready(): boolean {
    return this.synced || this.restored || this.savedAt !== undefined;
  }

  /** Nobody may write, or this person may not. */
  get barred(): boolean {
    return onlyReads(this.role) || isFrozen(this.docState);
  }

  get editable(): boolean {
    return !this.ended && !this.barred && this.reason === undefined && this.role !== '' && this.ready;
  }

  get saved(): SavedState {
    if (this.ended) return 'refused';
    if (isFrozen(this.docState)) return 'locked';
    if (onlyReads(this.role)) return 'readonly';
    if (this.reason !== undefined) return 'refused';
    if (!this.connected) return this.#failed || this.ready ? 'offline' : 'opening';
    if (!this.synced) return this.ready ? 'saving' : 'opening';
    return this.unsaved ? 'saving' : 'saved';
  }

  /** Takes over what the line shows; true if with it everything became confirmed. */
  look({ connected, failed, synced, receipts }: Seen): boolean {
    const confirmed = synced && !receipts.unsaved && (this.unsaved || !this.synced);
    if (confirmed) this.savedAt = Date.now();
    this.connected = connected;
    this.#failed = failed;
    this.synced = synced;
    this.unsaved = receipts.unsaved;
    return confirmed;
  }
}
