/** A command under way, and what came of the last one. */
export class Doing {
  busy = $state(false);
  failed = $state<unknown>();

  /** Whether it was done; if not, `failed` says why. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.failed = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      this.failed = error;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
