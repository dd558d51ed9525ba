// upload.mjs URL HOW FOLDER FILE...: uploads files by Uppy and prints what came of it.
import {readFileSync} from 'node:fs'
import {basename} from 'node:path'
import Uppy from '@uppy/core'
import Tus from '@uppy/tus'

const [endpoint, how, folderid, ...paths] = process.argv.slice(2)
const MIB = 1024 * 1024
const uppy = new Uppy({autoProceed: false, meta: folderid ? {folderid} : {}})
uppy.use(Tus, {
  endpoint,
  headers: {Authorization: `Bearer ${process.env.SEPTET_KEY}`},
  chunkSize: MIB,
  limit: 2,
  retryDelays: [50, 100, 200],
})
const told = {paused: 0, resumed: 0, cancelled: 0}
for (const path of paths) {
  const data = readFileSync(path)
  uppy.addFile({name: basename(path), type: 'application/x-thing', data, size: data.length})
}

// Once each, when some of a file has gone.
uppy.on('upload-progress', (file, {bytesUploaded}) => {
  if (how === 'paused' && !told.paused && bytesUploaded >= MIB) {
    told.paused = bytesUploaded
    uppy.pauseResume(file.id)
    setTimeout(() => {
      told.resumed += 1
      uppy.pauseResume(file.id)
    }, 300)
  } else if (how === 'cancelled' && !told.cancelled && bytesUploaded >= MIB) {
    told.cancelled = bytesUploaded
    uppy.removeFile(file.id)
  }
})
const result = await uppy.upload()
told.successful = (result?.successful ?? []).map(({name}) => name).sort()
told.failed = (result?.failed ?? []).map(({error}) => error)
console.log(JSON.stringify(told))
