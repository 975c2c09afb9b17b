/** FHIR vread: one version of a record, if the caller may know it. https://hl7.org/fhir/R4/http.html#vread */
import { keyText } from '../fhir/types.ts'
import { refuse } from '../fhir/outcome.ts'
import { isDeleted } from '../records/resource.ts'
import { disclosing } from '../records/view.ts'
import type { Store } from '../store/store.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Handler } from './call.ts'
import { readPart, shownPartInTurns } from './subset.ts'
import { keyOf, requireInteraction } from './target.ts'
import { deleted, conditionalRead } from './read.ts'

export const vread =
  ({ store, definitions }: { store: Store; definitions: Definitions }): Handler =>
  async (call) => {
    requireInteraction(definitions, call, 'vread')
    const key = keyOf(call)
    const part = readPart(definitions, call)
    const number = /^[1-9]\d{0,8}$/.test(call.version ?? '') ? Number(call.version) : 0
    const view = disclosing(store, call.caller, call.now)
    const version = number > 0 ? await view.vread(key, number) : undefined
    if (!version)
      throw refuse(
        'not-found',
        `There is no version \`${call.version ?? ''}\` of \`${keyText(key)}\` that you may know of.`,
      )
    if (isDeleted(version)) throw deleted(version)
    return { ...conditionalRead(call, await shownPartInTurns(version, part, definitions)), disclosed: view.disclosed() }
  }
