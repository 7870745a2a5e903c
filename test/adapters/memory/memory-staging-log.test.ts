import { createMemoryStagingLog } from '#adapters/memory/memory-staging-log.ts';
import { describeStagingLog } from '#test/contracts/staging-log.contract.ts';

describeStagingLog('memory', async () => ({ log: createMemoryStagingLog() }));
