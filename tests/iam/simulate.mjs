// Asks a simulator of IAM by others: policies and questions on stdin, an answer each on stdout.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.argv[2]}/package.json`);
const { runSimulation } = await import(pathToFileURL(require.resolve('@cloud-copilot/iam-simulate')));

let text = '';
for await (const chunk of process.stdin) text += chunk;
const { account, policies, questions } = JSON.parse(text);
const answers = [];
for (const { action, resource, context } of questions) {
  const answer = await runSimulation({
    request: {
      principal: `arn:aws:iam::${account}:user/analyst`,
      action,
      resource: { resource, accountId: account },
      contextVariables: context,
    },
    identityPolicies: policies.map((policy, number) => ({ name: `${number}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }, {});
  answers.push(answer);
}
console.log(JSON.stringify(answers));
