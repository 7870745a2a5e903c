import { createMemoryConnectorState } from '#adapters/memory/memory-connector-state.ts';
import { describeConnectorState } from '#test/contracts/connector-state.contract.ts';

describeConnectorState('memory', async () => ({ store: createMemoryConnectorState() }));
