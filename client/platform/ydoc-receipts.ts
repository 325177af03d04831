import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/**
 * What of our own writing the server has made durable. Every local change is a version; a barrier (message 102) sent
 * behind the changes comes back once everything before it on that connection is durable. A refusal (104) comes before
 * the answer of the barrier it concerns, so barriers under way when one arrives prove nothing. State vectors are no
 * receipt: deletions do not move them.
 */
export class Receipts {
  #version = 0;
  #acked = 0;
  #count = 0;
  /** Barriers under way on this connection: number → version it stands for. */
  readonly #barriers = new Map<number, number>();

  /** The newest change made here. */
  get version(): number {
    return this.#version;
  }

  /** Is there a change the server has not confirmed? */
  get unsaved(): boolean {
    return this.#acked < this.#version;
  }

  changed(): void {
    this.#version += 1;
  }

  /** The token of a new barrier behind everything up to `version`; at most 16 bytes. */
  barrier(version: number): Uint8Array {
    this.#count += 1;
    this.#barriers.set(this.#count, version);
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, version);
    encoding.writeVarUint(encoder, this.#count);
    return encoding.toUint8Array(encoder);
  }

  /** A token came back. True if it proved something. */
  answered(token: Uint8Array): boolean {
    const decoder = decoding.createDecoder(token);
    decoding.readVarUint(decoder);
    const number = decoding.readVarUint(decoder);
    const version = this.#barriers.get(number);
    if (version === undefined) return false;
    // Answers come in order: what was asked earlier is answered with it.
    for (const earlier of this.#barriers.keys()) if (earlier <= number) this.#barriers.delete(earlier);
    if (version < this.#acked) return false;
    this.#acked = version;
    return true;
  }

  /** Something was refused, or the connection is gone: no barrier under way counts any more. */
  void(): void {
    this.#barriers.clear();
  }
}
