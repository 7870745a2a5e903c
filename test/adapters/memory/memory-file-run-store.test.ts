import { createMemoryFileRunStore } from '#adapters/memory/memory-file-run-store.ts';
import { describeFileRunStore } from '#test/contracts/file-run-store.contract.ts';

describeFileRunStore('memory', async () => ({ store: createMemoryFileRunStore() }));
