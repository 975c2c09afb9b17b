/** An application whose handlers are stubs: they keep the calls and answer what the test says. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Call, Handler, Reply } from '../../server/interactions/call.ts'
import type { Operation } from '../../server/operations/operation.ts'
import type { AccessLine } from '../../server/http/trace.ts'
import { createDefinitions } from '../../server/definitions/load.ts'
import { createXmlFormat } from '../../server/definitions/xml/format.ts'
import { createApp, type AppNeeds } from '../../server/http/app.ts'
import { loadConfig } from '../../server/config.ts'
import { limitsOf } from '../../server/start/limits.ts'
import { refuse } from '../../server/fhir/outcome.ts'

export const NOW = Date.UTC(2024, 0, 2, 3, 4, 5)
export const GOAL = '{"resourceType":"Goal","id":"a","x":1.50}'

export const identify = async (headers: IncomingHttpHeaders) => {
  const agency = headers['x-agency']
  if (agency === 'nobody') throw refuse('unknown-agency', 'There is no agency `nobody`.')
  return { agency: typeof agency === 'string' ? agency : 'board', role: 'agency' as const }
}

const XML = createXmlFormat(createDefinitions([]).structures)

export const NAMES = [
  'capabilities',
  'transaction',
  'search-type',
  'create',
  'read',
  'update',
  'patch',
  'delete',
  'history-instance',
  'vread',
]

export function stub(answer: (call: Call, name: string) => Reply | Promise<Reply>, more: Partial<AppNeeds> = {}) {
  const calls: { name: string; call: Call }[] = []
  const lines: AccessLine[] = []
  const faults: { error: unknown; requestId: string }[] = []
  const handler =
    (name: string): Handler =>
    async (call) => {
      calls.push({ name, call })
      return answer(call, name)
    }
  const operation = (name: string, more: Partial<Operation>): Operation => ({
    name,
    definition: 'https://hub.example/OperationDefinition/stub',
    levels: ['system'],
    types: [],
    affectsState: false,
    run: handler(`$${name}`),
    ...more,
  })
  const app = createApp({
    offers: () => NAMES,
    interactions: Object.fromEntries(NAMES.map((name) => [name, handler(name)])),
    operations: [
      operation('validate', { levels: ['type', 'instance'] }),
      operation('submit', { levels: ['instance'], types: ['QuestionnaireResponse'], affectsState: true }),
      operation('match', { levels: ['type'], types: ['Patient'] }),
      operation('reindex', { affectsState: true }),
    ],
    identify,
    now: () => NOW,
    log: (line) => lines.push(line),
    limits: limitsOf(loadConfig({})).http,
    fault: (error, requestId) => faults.push({ error, requestId }),
    xml: XML,
    ...more,
  })
  return { app, calls, lines, faults }
}
