import { MemoryReceiptStore } from '#adapters/memory/memory-receipt-store.ts';
import { describeReceiptStore } from '#test/contracts/receipt-store.contract.ts';

describeReceiptStore('memory', async () => ({ store: new MemoryReceiptStore() }));
