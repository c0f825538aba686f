/** File names that mean a device on Windows, in whatever folder they are and whatever extension follows. */
const deviceName = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\..*)?$/i;

export function isDeviceName(name: string): boolean {
  return deviceName.test(name);
}
