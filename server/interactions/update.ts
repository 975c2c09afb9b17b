/** FHIR update, which also creates under an id of the caller's choice. https://hl7.org/fhir/R4/http.html#update, #upsert */
import { refuse } from '../fhir/outcome.ts'
import { parseEtags } from '../fhir/etag.ts'
import type { Handler } from './call.ts'
import { bodyOf, created, disclosedIn, never, updated } from './create.ts'
import { keyOf, requireInteraction } from './target.ts'
import { withLocalReferences } from './local-references.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'
import type { WriteNeeds } from '../write/needs.ts'

export const update =
  (needs: WriteNeeds): Handler =>
  async (call) => {
    requireInteraction(needs.definitions, call, 'update')
    const { id } = keyOf(call)
    const body = withLocalReferences(bodyOf(call), call.base)
    if (body.id !== id) {
      throw refuse(
        'id-mismatch',
        `The body has ${body.id === undefined ? 'no id' : `the id \`${String(body.id)}\``}; the address says \`${id}\`.`,
        {
          expression: `${body.resourceType}.id`,
        },
      )
    }
    const ifMatch = call.ifMatch === undefined ? undefined : parseEtags(call.ifMatch, 'If-Match')
    const ifAbsent = call.ifNoneMatch?.trim() === '*'
    return retryOnConflict(async () => {
      const put = {
        kind: 'put' as const,
        create: false,
        resource: { ...body, id },
        ifMatch,
        ifAbsent,
        at: body.resourceType,
      }
      const [written] = await write(needs, call, [put])
      const version = written?.version ?? never()
      // A record that is brought back after its deletion is created as well.
      const reply = written?.created ? created(version) : updated(version)
      return disclosedIn(needs, call, version, { ...reply, issues: written?.issues ?? [] })
    })
  }
