// Save a file that the page has, or that comes within its address: nothing of it is left on the server.

/** @param {Blob} file @param {string} name */
export function saveFile(file, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** For an event of Gradio's. @param {{name: string, address: string} | null} saved */
export async function save(saved) {
  if (saved) saveFile(await (await fetch(saved.address)).blob(), saved.name);
}
