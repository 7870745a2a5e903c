import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { notFound, validationError } from '../eventbridge-error.ts';
import { busArn, DEFAULT_BUS, type EventBus } from '../rule-store.ts';
import type { EventContext } from './put-events.ts';
import { busNameOf, type Input, optionalText, pageOf, requireEmulated } from './request-members.ts';

const BUS_NAME = /^[\w./-]{1,256}$/;

/** Source: EventBridge API reference. */
export function busOperations({
  rules,
  nowMs,
}: EventContext): Readonly<Record<string, (input: Input) => unknown>> {
  return {
    CreateEventBus: (input) => {
      requireEmulated(input, ['Name', 'Tags']);
      const name = optionalText(input, 'Name') ?? '';
      if (!BUS_NAME.test(name)) throw validationError(`Name is not valid: ${name.slice(0, 80)}`);
      if (rules.bus(name) !== undefined) {
        throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`);
      }
      rules.setBus({ name, createdMs: nowMs() });
      return { EventBusArn: busArn(name) };
    },
    DescribeEventBus: (input) => {
      const name = busNameOf(optionalText(input, 'Name'));
      const bus = rules.bus(name);
      if (bus === undefined) throw notFound(`Event bus ${name} does not exist.`);
      return describe(bus);
    },
    ListEventBuses: (input) => {
      const prefix = optionalText(input, 'NamePrefix') ?? '';
      const { page, next } = pageOf(
        rules.buses().filter(({ name }) => name.startsWith(prefix)),
        input,
      );
      return { EventBuses: page.map(describe), ...next };
    },
    DeleteEventBus: (input) => {
      const name = optionalText(input, 'Name') ?? '';
      if (name === DEFAULT_BUS) throw validationError('Cannot delete event bus default.');
      if (rules.rules().some((rule) => rule.busName === name)) {
        throw validationError("Event bus can't be deleted since it has rules.");
      }
      if (rules.bus(name) !== undefined) rules.deleteBus(name);
    },
  };
}

function describe({ name, createdMs }: EventBus): unknown {
  return {
    Name: name,
    Arn: busArn(name),
    CreationTime: createdMs / 1000,
    LastModifiedTime: createdMs / 1000,
  };
}
