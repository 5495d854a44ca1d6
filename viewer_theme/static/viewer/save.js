// One picture to keep, or to hand on where the device has a sheet for that.

/**
 * @param {Blob} picture JPEG
 * @param {string} name of the file: without a name or a date of anybody
 */
export async function save(picture, name) {
  const file = new File([picture], name, { type: 'image/jpeg' });
  if (navigator.canShare?.({ files: [file] }) && matchMedia('(pointer: coarse)').matches) {
    try {
      await navigator.share({ files: [file] });
      return;
    } catch (error) {
      /* Somebody has closed the sheet: that is an answer. Anything else: the usual way is as good. */
      if (error.name === 'AbortError') return;
    }
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  /* Browsers read it after this script has ended. */
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
