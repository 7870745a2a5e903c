import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';

/** The instances of a function; service name, namespace and level come from the POWERTOOLS_* variables of the stack. */
export const logger = new Logger();
export const metrics = new Metrics();
