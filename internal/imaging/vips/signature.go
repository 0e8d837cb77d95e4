package vips

import "unsafe"

// signature is what libvips says of an operation's arguments. It is asked once: the answer takes longer than the call.
type signature struct {
	types   map[string]uintptr // GType by argument, with a hyphen where libvips' own C has an underscore
	outputs []string           // the outputs that the operation always gives
}

// Flags of an operation's argument (libvips, object.h).
const (
	argumentRequired   = 1
	argumentOutput     = 32
	argumentDeprecated = 64
)

// signature gives the arguments of an operation, of which op is one.
func (l *Library) signature(op uintptr, operation string) (*signature, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sign, ok := l.signatures[operation]; ok {
		return sign, nil
	}
	var names, flags uintptr
	var n int32
	if l.c.objectGetArgs(op, &names, &flags, &n) != 0 {
		return nil, l.failure(operation)
	}
	sign := &signature{types: map[string]uintptr{}}
	for i := range int(n) {
		name := goString(*(*uintptr)(unsafe.Add(pointer(names), 8*i)))
		var pspec, class, instance uintptr
		if l.c.objectGetArg(op, name, &pspec, &class, &instance) != 0 {
			return nil, l.failure(operation)
		}
		// GParamSpec: a class pointer, a name, flags, then the value's type.
		sign.types[name] = *(*uintptr)(unsafe.Add(pointer(pspec), 24))
		flag := *(*int32)(unsafe.Add(pointer(flags), 4*i))
		if flag&argumentOutput != 0 && flag&argumentRequired != 0 && flag&argumentDeprecated == 0 {
			sign.outputs = append(sign.outputs, name)
		}
	}
	l.signatures[operation] = sign
	return sign, nil
}
