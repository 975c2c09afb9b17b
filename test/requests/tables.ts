/** What requests are made of: the tables by which the hub itself routes and searches, so that what is new there joins. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ResourceCapability } from '../../server/definitions/definitions.ts'
import { loadDefinitions, type LoadOptions } from '../../server/definitions/load.ts'
import { ROUTES } from '../../server/interactions/routes.ts'
import { RECORD_PARAMETERS } from '../../server/search/record-parameters.ts'
import { CONTROLS } from '../../server/search/controls.ts'
import { SEARCH_TYPES } from '../../server/search/types/index.ts'
import { ROOT } from '../checks/files.ts'

/** A search parameter, as far as requests are made of it. */
export type Parameter = { readonly code: string; readonly type: string; readonly target: readonly string[] }

/** An input parameter of an operation. https://hl7.org/fhir/R4/operationdefinition.html */
export type Input = { readonly name: string; readonly type?: string; readonly part?: readonly Input[] }

export type OperationTable = {
  readonly code: string
  readonly affectsState: boolean
  readonly system: boolean
  readonly type: boolean
  readonly instance: boolean
  readonly resource: readonly string[]
  readonly inputs: readonly Input[]
}

export type Tables = {
  readonly types: readonly string[]
  /** Of a type, the common ones too. */
  parameters(type: string): readonly Parameter[]
  /** The modifiers that a parameter takes. */
  modifiers(parameter: Parameter): readonly string[]
  readonly controls: readonly string[]
  readonly routes: readonly { readonly method: string; readonly path: string; readonly name: string }[]
  readonly operations: readonly OperationTable[]
}

/** @param options as the hub loads its definitions with HUB_RULES=open */
export async function loadTables(options: LoadOptions = {}): Promise<Tables> {
  const { capabilities } = await loadDefinitions(ROOT, options)
  return tablesOf(capabilities)
}

export function tablesOf(capabilities: readonly ResourceCapability[]): Tables {
  const common: readonly Parameter[] = RECORD_PARAMETERS.map(({ code, type }) => ({ code, type, target: [] }))
  const byType = new Map(
    capabilities.map(({ type, searchParameters }) => [
      type,
      [...searchParameters, ...common.filter(({ code }) => !searchParameters.some((one) => one.code === code))],
    ]),
  )
  return {
    types: capabilities.map(({ type }) => type),
    parameters: (type) => byType.get(type) ?? common,
    modifiers: ({ type, target }) => {
      const row = (SEARCH_TYPES as Readonly<Record<string, Row | undefined>>)[type]
      return [...(row?.modifiers ?? []), ...(row?.targetIsModifier ? target : [])]
    },
    controls: Object.keys(CONTROLS),
    routes: ROUTES.map(([method, path, name]) => ({ method, path, name })),
    operations: readOperations(),
  }
}

type Row = { readonly modifiers: readonly string[]; readonly targetIsModifier?: true }

function readOperations(): readonly OperationTable[] {
  const folder = join(ROOT, 'capability', 'operations')
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const definition = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Omit<OperationTable, 'inputs'> & {
        readonly parameter?: readonly (Input & { readonly use: string })[]
      }
      const { resource = [], parameter = [] } = definition
      return { ...definition, resource, inputs: parameter.filter(({ use }) => use === 'in') }
    })
}
