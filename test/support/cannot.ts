import process from 'node:process';
import { beforeEach } from 'vitest';
import { cannotOf } from './cannot-list.ts';

const cannot = cannotOf(process.env['LINLI_TEST_SERVER'] ?? '');

// Turned round and not left out: a listed test that passes is a failure, so that the list stays true.
beforeEach(({ task }) => {
  if (task.fullTestName in cannot) Object.assign(task, { fails: true });
});
