import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Gateway, startGateway } from '#embedded/gateway/gateway.ts';
import type { ServiceName } from '#embedded/gateway/route-request.ts';
import type { HttpService } from '#embedded/services.ts';
import type { DelegateEndpoint } from '#runtime/backend-endpoints.ts';

/** A gateway whose service is served by another program: here an embedded service behind a gateway of its own. */
export interface DelegatedGateway<Delegate extends HttpService> {
  readonly delegate: Delegate;
  /** Where clients ask. */
  readonly endpoint: string;
  /** The other program. */
  readonly outside: DelegateEndpoint;
  readonly folder: string;
  /** The other program ends, the gateway stays. */
  stopOutside(): Promise<void>;
  close(): Promise<void>;
}

export async function startDelegated<Outside extends HttpService, Delegate extends HttpService>(
  name: ServiceName,
  open: {
    readonly outside: (folder: string) => Outside | Promise<Outside>;
    readonly delegate: (endpoint: DelegateEndpoint, folder: string) => Promise<Delegate>;
  },
): Promise<DelegatedGateway<Delegate>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-delegated-'));
  const service = await open.outside(path.join(folder, 'outside'));
  const behind = await startGateway({ port: 0, services: { [name]: service }, health: () => null });
  const outside = { url: behind.endpoint, accessKeyId: 'other', secretAccessKey: 'other' };
  const delegate = await open.delegate(outside, path.join(folder, 'delegate'));
  const gateway: Gateway = await startGateway({
    port: 0,
    services: { [name]: delegate },
    health: () => null,
  });
  let isOutsideUp = true;
  const stopOutside = async (): Promise<void> => {
    if (!isOutsideUp) return;
    isOutsideUp = false;
    await behind.close();
    await service.close();
  };
  return {
    delegate,
    endpoint: gateway.endpoint,
    outside,
    folder,
    stopOutside,
    async close() {
      await gateway.close();
      await delegate.close();
      await stopOutside();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
