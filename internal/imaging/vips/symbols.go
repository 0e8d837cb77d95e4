package vips

import (
	"fmt"

	"github.com/ebitengine/purego"
)

// symbols are the C functions that the package calls. Addresses are uintptr where what they point at belongs to C. What
// belongs to Go is passed as a pointer, so that it lives on the heap, where nothing moves it.
type symbols struct {
	init                func(argv0 string) int32
	version             func(part int32) int32
	versionString       func() string
	concurrencySet      func(n int32)
	cacheSetMax         func(n int32)
	blockUntrustedSet   func(state int32)
	operationBlockSet   func(name string, state int32)
	typeFind            func(base, nickname string) uintptr
	trackedMemHighwater func() uintptr
	errorBufferCopy     func() uintptr
	errorClear          func()

	operationNew     func(name string) uintptr
	objectGetArgs    func(object uintptr, names, flags *uintptr, n *int32) int32
	objectGetArg     func(object uintptr, name string, pspec, class, instance *uintptr) int32
	operationBuildp  func(operation *uintptr) int32
	unrefOutputs     func(object uintptr)
	enumFromNick     func(domain string, gtype uintptr, nick string) int32
	interpolateNew   func(nick string) uintptr
	findLoadBuffer   func(data uintptr, size uintptr) uintptr
	blobNew          func(free, data, size uintptr) uintptr
	blobGet          func(blob uintptr, size *uintptr) uintptr
	areaUnref        func(area uintptr)
	setArrayDouble   func(value *gvalue, data *float64, n int32)
	setArrayInt      func(value *gvalue, data *int32, n int32)
	setArrayImage    func(value *gvalue, n int32)
	getArrayImage    func(value *gvalue, n *int32) uintptr
	getArrayDouble   func(value *gvalue, n *int32) uintptr
	getArrayInt      func(value *gvalue, n *int32) uintptr
	getRefString     func(value *gvalue, length *uintptr) uintptr
	setRefString     func(value *gvalue, text string)
	imageWidth       func(image uintptr) int32
	imageHeight      func(image uintptr) int32
	imageBands       func(image uintptr) int32
	imageFormat      func(image uintptr) int32
	imageInterp      func(image uintptr) int32
	imageHasAlpha    func(image uintptr) int32
	imageXres        func(image uintptr) float64
	imageYres        func(image uintptr) float64
	imageFromMemory  func(data, size uintptr, width, height, bands, format int32) uintptr
	imageWriteMemory func(image uintptr, size *uintptr) uintptr
	imageCopyMemory  func(image uintptr) uintptr
	imageSetKill     func(image uintptr, kill int32)
	imageTypeof      func(image uintptr, name string) uintptr
	imageGet         func(image uintptr, name string, value *gvalue) int32
	imageSet         func(image uintptr, name string, value *gvalue)
	imageRemove      func(image uintptr, name string) int32
	imageFields      func(image uintptr) uintptr

	free            func(p uintptr)
	strfreev        func(p uintptr)
	logSetHandler   func(domain string, levels int32, handler, data uintptr) uint32
	typeFromName    func(name string) uintptr
	typeFundamental func(gtype uintptr) uintptr
	objectRef       func(object uintptr) uintptr
	objectUnref     func(object uintptr)
	objectSet       func(object uintptr, name string, value *gvalue)
	objectGet       func(object uintptr, name string, value *gvalue)
	valueInit       func(value *gvalue, gtype uintptr) uintptr
	valueUnset      func(value *gvalue)
	valueSetBoolean func(value *gvalue, v int32)
	valueSetInt     func(value *gvalue, v int32)
	valueSetUint64  func(value *gvalue, v uint64)
	valueSetDouble  func(value *gvalue, v float64)
	valueSetString  func(value *gvalue, v string)
	valueSetEnum    func(value *gvalue, v int32)
	valueSetFlags   func(value *gvalue, v uint32)
	valueSetObject  func(value *gvalue, object uintptr)
	valueSetBoxed   func(value *gvalue, boxed uintptr)
	valueGetBoolean func(value *gvalue) int32
	valueGetInt     func(value *gvalue) int32
	valueGetUint64  func(value *gvalue) uint64
	valueGetDouble  func(value *gvalue) float64
	valueGetString  func(value *gvalue) uintptr
	valueGetEnum    func(value *gvalue) int32
	valueGetFlags   func(value *gvalue) uint32
	valueGetObject  func(value *gvalue) uintptr
	valueGetBoxed   func(value *gvalue) uintptr
}

// bind finds every function in the library; a name that is missing is an error, not a crash at the first call.
func (c *symbols) bind(handle uintptr) error {
	for name, fn := range map[string]any{
		"vips_init": &c.init, "vips_version": &c.version, "vips_version_string": &c.versionString,
		"vips_concurrency_set": &c.concurrencySet, "vips_cache_set_max": &c.cacheSetMax,
		"vips_block_untrusted_set": &c.blockUntrustedSet, "vips_operation_block_set": &c.operationBlockSet,
		"vips_type_find": &c.typeFind, "vips_tracked_get_mem_highwater": &c.trackedMemHighwater,
		"vips_error_buffer_copy": &c.errorBufferCopy, "vips_error_clear": &c.errorClear,
		"vips_operation_new": &c.operationNew, "vips_object_get_args": &c.objectGetArgs,
		"vips_object_get_argument": &c.objectGetArg, "vips_cache_operation_buildp": &c.operationBuildp,
		"vips_object_unref_outputs": &c.unrefOutputs, "vips_enum_from_nick": &c.enumFromNick,
		"vips_interpolate_new": &c.interpolateNew, "vips_foreign_find_load_buffer": &c.findLoadBuffer,
		"vips_blob_new": &c.blobNew, "vips_blob_get": &c.blobGet, "vips_area_unref": &c.areaUnref,
		"vips_value_set_array_double": &c.setArrayDouble, "vips_value_set_array_int": &c.setArrayInt,
		"vips_value_set_array_image": &c.setArrayImage, "vips_value_get_array_image": &c.getArrayImage,
		"vips_value_get_array_double": &c.getArrayDouble, "vips_value_get_array_int": &c.getArrayInt,
		"vips_value_get_ref_string": &c.getRefString, "vips_value_set_ref_string": &c.setRefString,
		"vips_image_get_width":  &c.imageWidth,
		"vips_image_get_height": &c.imageHeight, "vips_image_get_bands": &c.imageBands,
		"vips_image_get_format": &c.imageFormat, "vips_image_get_interpretation": &c.imageInterp,
		"vips_image_hasalpha": &c.imageHasAlpha, "vips_image_get_xres": &c.imageXres,
		"vips_image_get_yres": &c.imageYres, "vips_image_new_from_memory": &c.imageFromMemory,
		"vips_image_write_to_memory": &c.imageWriteMemory, "vips_image_copy_memory": &c.imageCopyMemory,
		"vips_image_set_kill": &c.imageSetKill, "vips_image_get_typeof": &c.imageTypeof,
		"vips_image_get": &c.imageGet, "vips_image_set": &c.imageSet, "vips_image_remove": &c.imageRemove,
		"vips_image_get_fields": &c.imageFields,
		"g_free":                &c.free, "g_strfreev": &c.strfreev, "g_log_set_handler": &c.logSetHandler,
		"g_type_from_name": &c.typeFromName, "g_type_fundamental": &c.typeFundamental,
		"g_object_ref": &c.objectRef, "g_object_unref": &c.objectUnref,
		"g_object_set_property": &c.objectSet, "g_object_get_property": &c.objectGet,
		"g_value_init": &c.valueInit, "g_value_unset": &c.valueUnset,
		"g_value_set_boolean": &c.valueSetBoolean, "g_value_get_boolean": &c.valueGetBoolean,
		"g_value_set_int": &c.valueSetInt, "g_value_get_int": &c.valueGetInt,
		"g_value_set_uint64": &c.valueSetUint64, "g_value_get_uint64": &c.valueGetUint64,
		"g_value_set_double": &c.valueSetDouble, "g_value_get_double": &c.valueGetDouble,
		"g_value_set_string": &c.valueSetString, "g_value_get_string": &c.valueGetString,
		"g_value_set_enum": &c.valueSetEnum, "g_value_get_enum": &c.valueGetEnum,
		"g_value_set_flags": &c.valueSetFlags, "g_value_get_flags": &c.valueGetFlags,
		"g_value_set_object": &c.valueSetObject, "g_value_get_object": &c.valueGetObject,
		"g_value_set_boxed": &c.valueSetBoxed, "g_value_get_boxed": &c.valueGetBoxed,
	} {
		address, err := purego.Dlsym(handle, name)
		if err != nil {
			return fmt.Errorf("it has no function %s: %w", name, err)
		}
		purego.RegisterFunc(fn, address)
	}
	return nil
}
