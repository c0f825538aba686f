import { localInference } from '../support/inference.ts';
import { describeInferenceClient } from './inference-client.ts';

describeInferenceClient('a child process', () => localInference());
