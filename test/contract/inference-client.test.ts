import { localInference, sharedInference, temporaryFolder } from '../support/inference.ts';
import { describeInferenceClient } from './inference-client.ts';

describeInferenceClient('a child process', () => localInference());
describeInferenceClient('a process shared by servers', () => sharedInference(`${temporaryFolder()}/inference`));
