import type { HttpService } from '#embedded/services.ts';

/** How long services worked on requests: time in which several did counts once. */
export interface BusyClock {
  /** Milliseconds since the last call. */
  take(): number;
}

interface MutableBusyClock extends BusyClock {
  begin(): void;
  end(): void;
}

export function createBusyClock(): MutableBusyClock {
  let busyMs = 0;
  let underway = 0;
  let sinceMs = 0;
  return {
    begin: () => {
      if (underway === 0) sinceMs = performance.now();
      underway += 1;
    },
    end: () => {
      underway -= 1;
      if (underway === 0) busyMs += performance.now() - sinceMs;
    },
    take: () => {
      const taken = busyMs;
      busyMs = 0;
      return taken;
    },
  };
}

/** From the head of a request, which is when the service gets it, to the end of its answer. */
export function timedService(service: HttpService, clock: MutableBusyClock): HttpService {
  return {
    handle: (request, response) => {
      clock.begin();
      response.once('close', () => clock.end());
      return service.handle(request, response);
    },
    close: () => service.close(),
  };
}
